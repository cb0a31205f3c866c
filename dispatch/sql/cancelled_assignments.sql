-- Live assignments whose task was cancelled, locked.
select a.id
from assignment as a
join task on task.id = a.task_id
where task.state = 'cancelled' and a.state in ('planned', 'offered', 'accepted')
order by a.id
limit 500
for update of a
