-- Devices with an open trip or stop whose last fix in that vehicle is older than $1, and that fix.
select distinct on (open.device_id) open.device_id, seen.observed_at
from (
  select device_id, vehicle_id, started_at from trip where ended_at is null
  union all
  select device_id, vehicle_id, started_at from vehicle_stop where ended_at is null
) as open
join device_binding as b
  on b.device_id = open.device_id and b.vehicle_id = open.vehicle_id
  and b.valid_from <= open.started_at
  and (b.valid_until is null or b.valid_until > open.started_at)
join lateral (
  select fix.observed_at
  from fix
  where
    fix.device_id = open.device_id
    and fix.observed_at >= open.started_at
    and fix.observed_at < coalesce(b.valid_until, 'infinity')
    and fix.flags & 6 = 0
  order by fix.observed_at desc
  limit 1
) as seen on seen.observed_at < $1
order by open.device_id, seen.observed_at
limit 10000
