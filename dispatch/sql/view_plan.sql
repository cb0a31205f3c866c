-- The latest published plan's frame; its visits are the live assignments.
select version, published_at, trigger, routes
from plan
order by version desc
limit 1
