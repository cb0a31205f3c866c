-- The confirmed entries and exits of what sat in vehicle $1 in [$2, $3), in order, at most $4.
select e.id, e.device_id, e.fence_id, e.kind, e.at, fence.name as fence_name, fence.site_id
from presence_event as e
join device_binding as b
  on b.device_id = e.device_id and b.vehicle_id = $1
  and b.valid_from <= e.at and (b.valid_until is null or b.valid_until > e.at)
join fence on fence.id = e.fence_id
where e.at >= $2 and e.at < $3 and e.superseded_by is null and e.status = 'confirmed'
order by e.at, e.id
limit $4
