-- Carry the newest trustworthy fix of each device, one a device, never back in time. $1 device_id,
-- $2 observed_at, $3 received_at, $4 lon, $5 lat, $6 accuracy_m, $7 speed_mps, $8 heading_deg,
-- $9 battery_pct, $10 flags: arrays.
insert into latest_fix (
  device_id, observed_at, received_at, lon, lat, accuracy_m, speed_mps, heading_deg, battery_pct,
  flags
)
select *
from unnest(
  $1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::float8[], $5::float8[], $6::real[],
  $7::real[], $8::real[], $9::smallint[], $10::smallint[]
)
on conflict (device_id) do update
set
  observed_at = excluded.observed_at,
  received_at = excluded.received_at,
  lon = excluded.lon,
  lat = excluded.lat,
  accuracy_m = excluded.accuracy_m,
  speed_mps = excluded.speed_mps,
  heading_deg = excluded.heading_deg,
  battery_pct = excluded.battery_pct,
  flags = excluded.flags
where excluded.observed_at >= latest_fix.observed_at
