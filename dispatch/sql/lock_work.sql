-- Lock the open tasks that `read_tasks` reads until the transaction ends, and say what they and their
-- live assignments are now: the same order and limit, or no plan would ever match what it was made of.
select
  task.id,
  task.version,
  task.state,
  live.id as assignment_id,
  live.version as assignment_version,
  live.pinned
from task
left join assignment as live
  on live.task_id = task.id and live.state in ('planned', 'offered', 'accepted', 'started')
where task.state not in ('done', 'cancelled')
order by task.id
limit 5000
for update of task
