-- Take the buckets whose fixes privacy took away, at most $1, off the list.
delete from rollup_dirty
where (device_id, bucket_at) in (
  select device_id, bucket_at
  from rollup_dirty
  order by device_id, bucket_at
  limit $1
  for update skip locked
)
returning device_id, bucket_at
