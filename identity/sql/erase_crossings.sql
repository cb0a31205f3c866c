-- Take away the crossings of fences by worker $1's own devices in [$2, $3) (null: without end).
with gone as (
  delete from presence_event as p
  using device_binding as b
  where
    b.worker_id = $1
    and p.device_id = b.device_id
    and p.at >= greatest(b.valid_from, $2::timestamptz)
    and p.at < least(coalesce(b.valid_until, 'infinity'), coalesce($3::timestamptz, 'infinity'))
  returning 1
)
select count(*) from gone
