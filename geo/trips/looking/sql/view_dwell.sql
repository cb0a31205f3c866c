-- How long vehicles stood inside the fences of site $1, or vehicle $2 anywhere (null: any), within
-- [$3, $4); at most $5. A stop counts once a site, by the fences as drawn when it began.
select
  at_site.site_id, at_site.site_name, at_site.vehicle_id, at_site.vehicle_label,
  count(*) as stops,
  sum(extract(epoch from at_site.until_at - at_site.from_at))::float8 as stopped_s,
  min(at_site.from_at) as first_at,
  max(at_site.until_at) as last_at
from (
  select distinct on (s.id, site.id)
    site.id as site_id, site.name as site_name, vehicle.id as vehicle_id,
    vehicle.label as vehicle_label,
    greatest(s.started_at, $3) as from_at,
    least(coalesce(s.ended_at, now()), $4) as until_at
  from vehicle_stop as s
  join vehicle on vehicle.id = s.vehicle_id
  join fence_version as v
    on st_covers(v.geom, st_setsrid(st_makepoint(s.lon, s.lat), 4326))
    and v.active
    and v.valid_from <= greatest(s.started_at, $3)
    and (v.valid_until is null or v.valid_until > greatest(s.started_at, $3))
  join fence on fence.id = v.fence_id
  join site on site.id = fence.site_id
  where
    ($1::uuid is null or fence.site_id = $1)
    and ($2::uuid is null or s.vehicle_id = $2)
    and s.started_at < $4
    and (s.ended_at is null or s.ended_at > $3)
) as at_site
where at_site.until_at > at_site.from_at
group by 1, 2, 3, 4
order by 6 desc, 3
limit $5
