-- Positions of worker $1's own devices before $2 (null: all), newest first, at most $3.
select
  f.device_id, f.observed_at, f.received_at, f.lon, f.lat, f.accuracy_m, f.speed_mps,
  f.heading_deg
from device_binding as b
join fix as f
  on f.device_id = b.device_id
  and f.observed_at >= b.valid_from
  and (b.valid_until is null or f.observed_at < b.valid_until)
where b.worker_id = $1 and ($2::timestamptz is null or f.observed_at < $2)
order by f.observed_at desc
limit $3
