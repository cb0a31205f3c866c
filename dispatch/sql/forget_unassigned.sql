-- Task $1 has a crew: the plan does not leave it out any more.
delete from unassigned where task_id = $1
