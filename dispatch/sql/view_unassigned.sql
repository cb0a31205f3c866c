-- Open tasks the plan leaves out, and why.
select u.task_id, u.reasons, u.relaxation
from unassigned as u
join task on task.id = u.task_id and task.state = 'ready'
order by u.task_id
limit 5000
