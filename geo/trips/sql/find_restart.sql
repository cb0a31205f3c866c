-- The last stop of device $1 in vehicle $2 that began in [$3, $4].
select id, started_at, lon, lat, accuracy_m
from vehicle_stop
where device_id = $1 and vehicle_id = $2 and started_at between $3 and $4
order by started_at desc
limit 1
