-- The trips of vehicle $1 that touch [$2, $3), in order, at most $4.
select
  id, device_id, vehicle_id, started_at, ended_at, last_at, start_lon, start_lat, end_lon, end_lat,
  distance_m, unseen_m, unseen_s, halted_s, revision
from trip
where vehicle_id = $1 and started_at < $3 and coalesce(ended_at, last_at) >= $2
order by started_at, device_id
limit $4
