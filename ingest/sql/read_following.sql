-- The first fix of each device after a moment, of trusted time ($3 the flags of another). $1
-- device_id, $2 at: arrays. (`< 1` as in read_neighbours.sql.)
select distinct following.*
from unnest($1::uuid[], $2::timestamptz[]) as asked (device_id, at)
cross join lateral (
  select
    device_id, observed_at, received_at, lon, lat, accuracy_m, speed_mps, heading_deg, altitude_m,
    battery_pct, source, flags, run, seq
  from fix
  where
    fix.device_id = asked.device_id
    and fix.observed_at > asked.at
    and fix.flags & $3::smallint < 1
  order by observed_at
  limit 1
) as following
