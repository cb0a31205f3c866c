-- Delete the roll-ups of devices $1 in [$2, $3); return how many.
with gone as (
  delete from fix_rollup
  where device_id = any($1::uuid[]) and bucket_at >= $2 and bucket_at < $3
  returning 1
)
select count(*) from gone
