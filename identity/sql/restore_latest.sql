-- Give worker $1's own devices of $2 that have no newest position the newest trusted fix of theirs
-- again, unless the worker is private then.
insert into latest_fix (
  device_id, observed_at, received_at, lon, lat, accuracy_m, speed_mps, heading_deg, battery_pct,
  flags
)
select
  f.device_id, f.observed_at, f.received_at, f.lon, f.lat, f.accuracy_m, f.speed_mps,
  f.heading_deg, f.battery_pct, f.flags
from device_binding as b
cross join lateral (
  select *
  from fix
  where
    fix.device_id = b.device_id
    and fix.observed_at >= b.valid_from
    and fix.flags & 6 = 0
  order by fix.observed_at desc
  limit 1
) as f
where
  b.worker_id = $1
  and b.valid_from <= $2::timestamptz
  and (b.valid_until is null or b.valid_until > $2)
  and not exists (
    select 1
    from private_period as p
    where
      p.worker_id = $1 and p.starts_at <= $2 and (p.ends_at is null or p.ends_at > $2)
  )
on conflict (device_id) do nothing
