-- Open version $1 of fence $2: drawn as GeoJSON $3 with radius $4 m or width $5 m, margin $6 m, the
-- area EWKB $7; presence rules $8 buffer m, $9 dwell s, $10 accuracy m; weekly hours $11, watched or
-- not $12, from $13; confidence $14.
insert into fence_version (
  id, fence_id, drawn, radius_m, width_m, margin_m, geom, buffer_m, dwell_s, max_accuracy_m,
  schedule, active, valid_from, confidence
)
values (
  $1, $2, st_geomfromgeojson($3::jsonb), $4, $5, $6, st_geomfromewkb($7), $8, $9, $10, $11, $12, $13,
  $14
)
