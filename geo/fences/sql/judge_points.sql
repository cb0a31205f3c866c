-- Which versions, of those in force and watched at each point's time, hold the point: lon $1,
-- lat $2, at $3; (place from 0, version).
select place - 1 as point, v.id as version_id
from unnest($1::float8[], $2::float8[], $3::timestamptz[]) with ordinality
  as given (lon, lat, at, place)
join fence_version as v
  on st_covers(v.geom, st_setsrid(st_makepoint(lon, lat), 4326))
join fence on fence.id = v.fence_id
where
  v.active
  and v.valid_from <= at
  and (v.valid_until > at or (v.valid_until is null and fence.active))
