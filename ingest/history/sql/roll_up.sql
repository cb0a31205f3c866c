-- Roll up the 5-minute buckets $2 (bucket_at) of devices $1 (arrays) from the fixes; $3 the flags of
-- a time that cannot be trusted. The buckets lie in [$4, $5].
insert into fix_rollup (
  device_id, span_s, bucket_at, fixes, flags, first_at, last_at, west, south, east, north,
  mean_lon, mean_lat, speeds, min_speed_mps, max_speed_mps, mean_speed_mps, accuracies,
  mean_accuracy_m
)
select
  f.device_id, 300, dirty.bucket_at, count(*), bit_or(f.flags), min(f.observed_at),
  max(f.observed_at), min(f.lon), min(f.lat), max(f.lon), max(f.lat), avg(f.lon), avg(f.lat),
  count(f.speed_mps), min(f.speed_mps), max(f.speed_mps), avg(f.speed_mps), count(f.accuracy_m),
  avg(f.accuracy_m)
from unnest($1::uuid[], $2::timestamptz[]) as dirty (device_id, bucket_at)
join fix as f
  on f.device_id = dirty.device_id
  and f.observed_at >= dirty.bucket_at
  and f.observed_at < dirty.bucket_at + interval '5 minutes'
where
  f.observed_at >= $4
  and f.observed_at < $5::timestamptz + interval '5 minutes'
  and f.flags & $3::smallint = 0
group by f.device_id, dirty.bucket_at
