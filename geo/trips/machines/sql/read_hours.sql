-- The hours outside which vehicle $1 is watched through device $2, which must be for purpose $3.
select w.hours
from machine_watch as w
join device on device.id = $2
where w.vehicle_id = $1 and w.active and device.purpose = $3
