-- Open version $1 of fence $2: GeoJSON $3, buffer $4 m, dwell $5 s, accuracy $6 m, from $7.
insert into fence_version (
  id, fence_id, geom, buffer_m, dwell_s, max_accuracy_m, valid_from
)
values ($1, $2, st_geomfromgeojson($3::jsonb), $4, $5, $6, $7)
