-- Delete the fixes of devices $1 in [$2, $3), stamps that say nothing left out; return how many.
with gone as (
  delete from fix
  where
    device_id = any($1::uuid[])
    and observed_at >= $2
    and observed_at < $3
    and (flags & 6) = 0
  returning 1
)
select count(*) from gone
