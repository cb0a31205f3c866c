-- The newest trustworthy fix of every device, at most $1; none of a device whose bearer is private.
select
  device_id, observed_at, received_at, lon, lat, accuracy_m, speed_mps, heading_deg, battery_pct,
  flags
from latest_fix
where
  not exists (
    select 1
    from device_binding as b
    join private_period as p on p.worker_id = b.worker_id
    where
      b.device_id = latest_fix.device_id
      and b.valid_from <= now()
      and (b.valid_until is null or b.valid_until > now())
      and p.starts_at <= now()
      and (p.ends_at is null or p.ends_at > now())
  )
order by device_id
limit $1
