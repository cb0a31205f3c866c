-- Take the holes that privacy left in tracks, at most $1, off the list.
delete from hole
where (device_id, at) in (
  select device_id, at
  from hole
  order by device_id, at
  limit $1
  for update skip locked
)
returning device_id, at
