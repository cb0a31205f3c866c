-- Which fences hold which of the points lon $1, lat $2: (place from 0, fence).
select place - 1 as point, v.fence_id
from unnest($1::float8[], $2::float8[]) with ordinality as given (lon, lat, place)
join fence_version as v
  on st_covers(v.geom, st_setsrid(st_makepoint(lon, lat), 4326))
where v.valid_until is null and v.active
