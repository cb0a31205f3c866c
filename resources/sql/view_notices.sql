-- The policies under which worker $1's own devices stand now, and when he signed their notice.
select distinct
  p.id as policy_id, p.name as policy, p.purpose, p.schedule, p.retention_days, p.notice_version,
  p.cse_date, s.signed_at
from device_binding as b
join device as d on d.id = b.device_id and d.status = 'active'
join tracking_policy as p on p.id = d.policy_id
left join notice_signature as s
  on s.worker_id = b.worker_id and s.notice_version = p.notice_version
where
  b.worker_id = $1 and b.valid_from <= now() and (b.valid_until is null or b.valid_until > now())
order by p.name
