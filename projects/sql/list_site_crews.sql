-- The crews ever given work on site $1.
select distinct a.crew_id
from task t
join assignment a on a.task_id = t.id
where t.site_id = $1
