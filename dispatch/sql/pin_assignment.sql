-- Pin assignment $1: a person wants the task with its crew. Its version stays: an offer that was
-- sent can still be answered.
update assignment set pinned = true, updated_at = now() where id = $1
