-- Lock the task of assignment $1, as publishing does first too, then the assignment itself.
with locked as (
  select id from task
  where id = (select task_id from assignment where id = $1)
  for update
)
select a.*
from assignment as a
join locked on locked.id = a.task_id
where a.id = $1
for update of a
