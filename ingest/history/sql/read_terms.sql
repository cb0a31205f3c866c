-- How long which devices' fixes are kept: by the policy each stands under, else by its purpose;
-- $1 devices at most.
select
  coalesce(p.purpose, d.purpose) as purpose,
  p.id as policy_id,
  coalesce(p.retention_days, r.retention_days) as retention_days,
  array_agg(d.id order by d.id) as devices
from (select id, purpose, policy_id from device order by id limit $1) as d
left join tracking_policy as p on p.id = d.policy_id
join purpose_retention as r on r.purpose = d.purpose
group by 1, 2, 3
order by 3, 1, 2
