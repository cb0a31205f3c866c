-- Planned visits that start by $1 of crews $2, in order.
select id, crew_id
from assignment
where state = 'planned' and start_at <= $1 and crew_id = any($2::uuid[])
order by crew_id, sequence
limit 1000
