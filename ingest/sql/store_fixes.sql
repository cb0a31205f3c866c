-- Store the fixes of batch $1 once each and carry the newest trustworthy one of every device.
-- $2 device_id, $3 observed_at, $4 received_at, $5 lon, $6 lat, $7 run, $8 seq, $9 accuracy_m,
-- $10 speed_mps, $11 heading_deg, $12 altitude_m, $13 battery_pct, $14 source, $15 flags: arrays,
-- no key twice. $16 the flags of a time that cannot be trusted.
-- Returns what was taken: new rows (fresh) and rows that a lower (run, seq) replaced.
with taken as (
  insert into fix (
    device_id, observed_at, received_at, lon, lat, run, seq, accuracy_m, speed_mps, heading_deg,
    altitude_m, battery_pct, source, flags, batch
  )
  select
    device_id, observed_at, received_at, lon, lat, run, seq, accuracy_m, speed_mps, heading_deg,
    altitude_m, battery_pct, source, flags, $1
  from unnest(
    $2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::float8[], $6::float8[], $7::text[],
    $8::bigint[], $9::real[], $10::real[], $11::real[], $12::real[], $13::smallint[], $14::text[],
    $15::smallint[]
  ) as incoming (
    device_id, observed_at, received_at, lon, lat, run, seq, accuracy_m, speed_mps, heading_deg,
    altitude_m, battery_pct, source, flags
  )
  on conflict (device_id, observed_at) do update
  set
    received_at = excluded.received_at,
    lon = excluded.lon,
    lat = excluded.lat,
    run = excluded.run,
    seq = excluded.seq,
    accuracy_m = excluded.accuracy_m,
    speed_mps = excluded.speed_mps,
    heading_deg = excluded.heading_deg,
    altitude_m = excluded.altitude_m,
    battery_pct = excluded.battery_pct,
    source = excluded.source,
    flags = excluded.flags,
    batch = excluded.batch
  where (excluded.run collate "C", excluded.seq) < (fix.run collate "C", fix.seq)
  returning
    device_id, observed_at, received_at, lon, lat, accuracy_m, speed_mps, heading_deg, battery_pct,
    flags, xmax = 0 as fresh
),
newest as (
  select distinct on (device_id)
    device_id, observed_at, received_at, lon, lat, accuracy_m, speed_mps, heading_deg, battery_pct,
    flags
  from taken
  where flags & $16::smallint = 0
  order by device_id, observed_at desc
),
carried as (
  insert into latest_fix (
    device_id, observed_at, received_at, lon, lat, accuracy_m, speed_mps, heading_deg, battery_pct,
    flags
  )
  select * from newest
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
)
select device_id, observed_at, fresh
from taken
