-- The fixes of batches after $1 up to $2, by batch and time.
select
  device_id, observed_at, received_at, lon, lat, run, seq, accuracy_m, speed_mps, heading_deg,
  altitude_m, battery_pct, source, flags, batch
from fix
where batch > $1 and batch <= $2
order by batch, observed_at, device_id
limit 500000
