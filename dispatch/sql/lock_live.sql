-- Lock task $1, as publishing does first too, and say what its live assignment is.
with locked as (
  select id from task where id = $1 for update
)
select a.id, a.state, a.pinned
from assignment as a
join locked on locked.id = a.task_id
where a.state in ('planned', 'offered', 'accepted', 'started', 'done')
for update of a
