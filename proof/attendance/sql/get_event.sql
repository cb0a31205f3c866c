-- Attendance event $1.
select id, worker_id, site_id, kind, device_at
from attendance_event
where id = $1
