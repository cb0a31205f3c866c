-- Write trip $1 of device $2 in vehicle $3: from $4 to $5, last seen $6, start lon $7, lat $8,
-- end lon $9, lat $10, metres seen $11, unseen $12, seconds unseen $13, halted $14.
insert into trip (
  id, device_id, vehicle_id, started_at, ended_at, last_at, start_lon, start_lat, end_lon, end_lat,
  distance_m, unseen_m, unseen_s, halted_s
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
on conflict (id) do update
set
  started_at = excluded.started_at, ended_at = excluded.ended_at, last_at = excluded.last_at,
  start_lon = excluded.start_lon, start_lat = excluded.start_lat,
  end_lon = excluded.end_lon, end_lat = excluded.end_lat,
  distance_m = excluded.distance_m, unseen_m = excluded.unseen_m,
  unseen_s = excluded.unseen_s, halted_s = excluded.halted_s,
  revision = trip.revision + 1
