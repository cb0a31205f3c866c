-- The stops of device $1 in vehicle $2 that began at $3 or later.
select *
from vehicle_stop
where device_id = $1 and vehicle_id = $2 and started_at >= $3
order by started_at
limit 100000
