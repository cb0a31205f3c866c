-- Delete the fixes of devices $1 whose stamps say nothing and that were received before $2; return
-- how many.
with gone as (
  delete from fix
  where device_id = any($1::uuid[]) and received_at < $2 and (flags & 6) <> 0
  returning 1
)
select count(*) from gone
