-- The last received correction of event $1.
select id
from attendance_event
where corrects_id = $1
order by server_at desc, id desc
limit 1
