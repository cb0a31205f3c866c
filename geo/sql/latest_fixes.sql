-- The newest trustworthy fix of every device, at most $1.
select
  device_id, observed_at, received_at, lon, lat, accuracy_m, speed_mps, heading_deg, battery_pct,
  flags
from latest_fix
order by device_id
limit $1
