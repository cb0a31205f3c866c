-- The site of each fence $2 and the crew of each device $1 at $3, in the order given. The crew is
-- its vehicle's, else the one its worker is a member of, else the one its worker leads.
select
  fence.site_id,
  coalesce(driven.id, member.crew_id, led.id) as crew_id
from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) with ordinality
  as crossing (device_id, fence_id, at, place)
join fence on fence.id = crossing.fence_id
left join lateral (
  select b.vehicle_id, b.worker_id
  from device_binding as b
  where
    b.device_id = crossing.device_id
    and b.valid_from <= crossing.at
    and (b.valid_until is null or b.valid_until > crossing.at)
  order by b.valid_from desc
  limit 1
) as bound on true
left join lateral (
  select crew.id
  from crew
  where crew.vehicle_id = bound.vehicle_id and crew.active
  order by crew.id
  limit 1
) as driven on true
left join lateral (
  select m.crew_id
  from crew_member as m
  where
    m.worker_id = bound.worker_id
    and m.valid_from <= crossing.at
    and (m.valid_until is null or m.valid_until > crossing.at)
  order by m.valid_from desc
  limit 1
) as member on true
left join lateral (
  select crew.id
  from crew
  where crew.lead_worker_id = bound.worker_id and crew.active
  order by crew.id
  limit 1
) as led on true
order by crossing.place
