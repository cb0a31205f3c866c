-- The last checkpoint of device $1 before $2.
select at, memory, rests
from presence_checkpoint
where device_id = $1 and at < $2
order by at desc
limit 1
