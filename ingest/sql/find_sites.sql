-- Those of the sites $1 that exist.
select id
from site
where id = any($1::uuid[])
