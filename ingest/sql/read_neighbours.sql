-- The fixes just before and just after others of the same device in time, those of untrusted time
-- ($3, flags) left out. $1 device_id, $2 observed_at: arrays; one row each, in their order.
-- (`< 1` and not `= 0`, which the planner takes for so rare that it sorts a device's whole day.)
select
  before.observed_at as before_at,
  before.lon as before_lon,
  before.lat as before_lat,
  after.observed_at as after_at,
  after.lon as after_lon,
  after.lat as after_lat,
  after.flags as after_flags
from unnest($1::uuid[], $2::timestamptz[]) with ordinality as asked (device_id, at, place)
left join lateral (
  select observed_at, lon, lat
  from fix
  where
    fix.device_id = asked.device_id
    and fix.observed_at < asked.at
    and fix.flags & $3::smallint < 1
  order by observed_at desc
  limit 1
) as before on true
left join lateral (
  select observed_at, lon, lat, flags
  from fix
  where
    fix.device_id = asked.device_id
    and fix.observed_at > asked.at
    and fix.flags & $3::smallint < 1
  order by observed_at
  limit 1
) as after on true
order by asked.place
