-- The newest position others can see of worker $1's own devices, and when it will be purged.
select
  d.id as device_id, d.label, l.observed_at, l.received_at, l.lon, l.lat, l.accuracy_m,
  coalesce(p.purpose, d.purpose) as purpose,
  date_trunc('day', l.observed_at, 'UTC')
    + (coalesce(p.retention_days, r.retention_days) + 1) * interval '1 day' as purge_at
from device_binding as b
join device as d on d.id = b.device_id and d.status = 'active'
join latest_fix as l on l.device_id = d.id and l.observed_at >= b.valid_from
left join tracking_policy as p on p.id = d.policy_id
join purpose_retention as r on r.purpose = d.purpose
where
  b.worker_id = $1
  and b.valid_from <= now()
  and (b.valid_until is null or b.valid_until > now())
  and not exists (
    select 1
    from private_period as q
    where
      q.worker_id = $1 and q.starts_at <= now() and (q.ends_at is null or q.ends_at > now())
  )
order by l.observed_at desc
limit 1
