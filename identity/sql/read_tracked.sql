-- Every device with the policy it is tracked under, at most $1.
select
  d.id,
  d.kind,
  d.status,
  p.id as policy_id,
  p.schedule,
  p.valid_from,
  p.valid_until,
  p.notice_version,
  p.cse_date
from device d
left join tracking_policy p on p.id = d.policy_id
order by d.id
limit $1
