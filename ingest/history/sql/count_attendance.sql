-- How many attendance events were said before $1.
select count(*)
from attendance_event
where device_at < $1
