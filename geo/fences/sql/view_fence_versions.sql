-- The versions of fence $1, the newest first, at most $2.
select
  v.id, v.valid_from, v.valid_until, v.active,
  st_asgeojson(coalesce(v.drawn, v.geom))::jsonb as geometry,
  v.radius_m, v.width_m, v.margin_m, st_asgeojson(v.geom, 7)::jsonb as area,
  v.buffer_m, v.dwell_s, v.max_accuracy_m, v.confidence, v.schedule
from fence_version as v
where v.fence_id = $1
order by v.valid_from desc, v.id desc
limit $2
