-- Write stop $1 of device $2 in vehicle $3: from $4 to $5 at lon $6, lat $7, give or take $8 m.
insert into vehicle_stop (
  id, device_id, vehicle_id, started_at, ended_at, lon, lat, accuracy_m
)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (id) do update
set
  started_at = excluded.started_at, ended_at = excluded.ended_at,
  lon = excluded.lon, lat = excluded.lat, accuracy_m = excluded.accuracy_m,
  revision = vehicle_stop.revision + 1
