-- Which of the ids $1 are projects and which are sites.
select 'project' as kind, id
from project
where id = any ($1::uuid[])
union all
select 'site', id
from site
where id = any ($1::uuid[])
