-- The active trackers of purpose $2 that sit in vehicle $1 now, with their policies.
select device.name, p.schedule, p.valid_from, p.valid_until
from device_binding as b
join device on device.id = b.device_id
left join tracking_policy as p on p.id = device.policy_id
where
  b.vehicle_id = $1 and b.valid_until is null
  and device.status = 'active' and device.kind = 'tracker' and device.purpose = $2
limit 20
