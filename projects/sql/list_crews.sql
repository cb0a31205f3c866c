-- The crews ever given each of the tasks $1: who else hears of it. They are those who may read it.
select a.task_id, array_agg(distinct a.crew_id) as crews
from assignment a
where a.task_id = any($1::uuid[])
group by a.task_id
