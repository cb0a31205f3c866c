-- The stops of vehicle $1 that touch [$2, $3), in order, at most $4, with the site whose fence, as
-- it was drawn when the stop began, holds the place.
select
  s.id, s.device_id, s.vehicle_id, s.started_at, s.ended_at, s.lon, s.lat, s.accuracy_m,
  s.revision, held.site_id, held.name as site_name
from vehicle_stop as s
left join lateral (
  select site.id as site_id, site.name
  from fence_version as v
  join fence on fence.id = v.fence_id
  join site on site.id = fence.site_id
  where
    st_covers(v.geom, st_setsrid(st_makepoint(s.lon, s.lat), 4326))
    and v.active
    and v.valid_from <= greatest(s.started_at, $2)
    and (v.valid_until is null or v.valid_until > greatest(s.started_at, $2))
  order by site.id
  limit 1
) as held on true
where
  s.vehicle_id = $1 and s.started_at < $3 and (s.ended_at is null or s.ended_at >= $2)
order by s.started_at, s.device_id
limit $4
