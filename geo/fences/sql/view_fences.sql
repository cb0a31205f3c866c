-- Fences with their present version: of ids $1, of site $2, of sites $3 or none (each null: any),
-- after id $4, at most $5.
select
  fence.id, fence.version, fence.created_at, fence.updated_at, fence.site_id, fence.name,
  fence.kind, fence.active,
  st_asgeojson(coalesce(current.drawn, current.geom))::jsonb as geometry,
  current.radius_m, current.width_m, current.margin_m,
  st_asgeojson(current.geom, 7)::jsonb as area,
  current.buffer_m, current.dwell_s, current.max_accuracy_m, current.confidence, current.schedule
from fence
join fence_version as current on current.fence_id = fence.id and current.valid_until is null
where
  ($1::uuid[] is null or fence.id = any($1))
  and ($2::uuid is null or fence.site_id = $2)
  and ($3::uuid[] is null or fence.site_id is null or fence.site_id = any($3))
  and ($4::uuid is null or fence.id > $4)
order by fence.id
limit $5
