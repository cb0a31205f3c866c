-- Lock every open task and live assignment until the transaction ends, and say what they are now.
select task.id, task.version, task.state, live.id as assignment_id, live.version as assignment_version
from task
left join assignment as live
  on live.task_id = task.id and live.state in ('planned', 'offered', 'accepted', 'started')
where task.state not in ('done', 'cancelled')
order by task.id
for update of task
