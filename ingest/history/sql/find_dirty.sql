-- The 5-minute buckets that batches after $1 up to $2 touched.
select distinct
  device_id,
  date_bin(interval '5 minutes', observed_at, timestamptz '2000-01-01 00:00:00+00') as bucket_at
from fix
where batch > $1 and batch <= $2
