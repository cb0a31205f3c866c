-- Roll up the hours $2 (bucket_at) of devices $1 (arrays) from their 5-minute roll-ups. The hours lie
-- in [$3, $4].
insert into fix_rollup (
  device_id, span_s, bucket_at, fixes, flags, first_at, last_at, west, south, east, north,
  mean_lon, mean_lat, speeds, min_speed_mps, max_speed_mps, mean_speed_mps, accuracies,
  mean_accuracy_m
)
select
  r.device_id, 3600, dirty.bucket_at, sum(r.fixes), bit_or(r.flags), min(r.first_at),
  max(r.last_at), min(r.west), min(r.south), max(r.east), max(r.north),
  sum(r.mean_lon * r.fixes) / sum(r.fixes), sum(r.mean_lat * r.fixes) / sum(r.fixes),
  sum(r.speeds), min(r.min_speed_mps), max(r.max_speed_mps),
  sum(r.mean_speed_mps * r.speeds) / nullif(sum(r.speeds), 0),
  sum(r.accuracies), sum(r.mean_accuracy_m * r.accuracies) / nullif(sum(r.accuracies), 0)
from unnest($1::uuid[], $2::timestamptz[]) as dirty (device_id, bucket_at)
join fix_rollup as r
  on r.device_id = dirty.device_id
  and r.span_s = 300
  and r.bucket_at >= dirty.bucket_at
  and r.bucket_at < dirty.bucket_at + interval '1 hour'
where
  r.bucket_at >= $3
  and r.bucket_at < $4::timestamptz + interval '1 hour'
group by r.device_id, dirty.bucket_at
