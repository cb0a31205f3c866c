-- Remove the roll-ups of span $1 s of devices $2 at buckets $3 (arrays), which lie in [$4, $5].
delete from fix_rollup as r
using unnest($2::uuid[], $3::timestamptz[]) as dirty (device_id, bucket_at)
where
  r.device_id = dirty.device_id
  and r.bucket_at = dirty.bucket_at
  and r.span_s = $1
  and r.bucket_at between $4 and $5
