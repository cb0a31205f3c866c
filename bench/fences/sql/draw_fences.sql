-- Draw fences $1 with the areas $2 (WKB), as an import of many would.
with drawn as (
  insert into fence (id, name)
  select id, 'bench' from unnest($1::uuid[]) as given (id)
)
insert into fence_version (id, fence_id, geom)
select gen_random_uuid(), id, st_setsrid(st_geomfromwkb(wkb), 4326)
from unnest($1::uuid[], $2::bytea[]) as given (id, wkb)
