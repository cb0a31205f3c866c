-- Open tasks the plan leaves out, and why; those too that stay with a crew because a person wants it.
select u.task_id, u.reasons, u.relaxation
from unassigned as u
join task on task.id = u.task_id and task.state not in ('in_progress', 'done', 'cancelled')
order by u.task_id
limit 5000
