-- Set ($4 true) or clear the flag $5 of fixes, which become rows of batch $1, and of the latest
-- positions they are. $2 device_id, $3 observed_at, $4 implausible: arrays; no fix lies outside
-- $6 to $7. Returns the rows.
with judged as (
  select device_id, observed_at, implausible
  from unnest($2::uuid[], $3::timestamptz[], $4::boolean[]) as verdict (
    device_id, observed_at, implausible
  )
),
corrected as (
  update fix
  set
    flags = (fix.flags & ~$5::smallint) | case when judged.implausible then $5 else 0::smallint end,
    batch = $1
  from judged
  where
    fix.device_id = judged.device_id
    and fix.observed_at = judged.observed_at
    and fix.observed_at between $6 and $7
  returning fix.*
),
carried as (
  update latest_fix
  set flags = corrected.flags
  from corrected
  where
    latest_fix.device_id = corrected.device_id
    and latest_fix.observed_at = corrected.observed_at
)
select
  device_id, observed_at, received_at, lon, lat, accuracy_m, speed_mps, heading_deg, altitude_m,
  battery_pct, source, flags, run, seq
from corrected
