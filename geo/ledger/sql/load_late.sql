-- Devices whose past is to be told anew, and from when, the longest waiting first.
select device_id, since
from presence_late
order by queued_at, device_id
limit 200000
