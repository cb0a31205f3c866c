-- The private periods of worker $1 that follow from attendance and begin in [$2, $3).
select attendance_id, starts_at, ends_at
from private_period
where worker_id = $1 and attendance_id is not null and starts_at >= $2 and starts_at < $3
