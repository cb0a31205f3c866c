-- Remember that the times of assignment $1 are being told, and return the site its task is on.
update assignment as a
set told_eta_at = a.eta_at, told_start_at = a.start_at, told_end_at = a.end_at
from task
where a.id = $1 and task.id = a.task_id
returning task.site_id
