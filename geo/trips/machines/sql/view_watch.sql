-- The watch of vehicle $1.
select id, version, created_at, updated_at, vehicle_id, hours, active
from machine_watch
where vehicle_id = $1
