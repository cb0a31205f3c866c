-- The fixes of the trackers that sat in vehicle $1 in [$2, $3), time trusted, in order, at most $4.
-- Of two trackers the one bound first speaks, or the line would jump between them.
select fix.device_id, fix.observed_at, fix.lon, fix.lat, fix.accuracy_m, fix.flags
from (
  select b.device_id, b.valid_from, coalesce(b.valid_until, 'infinity') as valid_until
  from device_binding as b
  where
    b.vehicle_id = $1 and b.valid_from < $3 and (b.valid_until is null or b.valid_until > $2)
) as sat
join fix on fix.device_id = sat.device_id
where
  fix.observed_at >= greatest($2, sat.valid_from) and fix.observed_at < least($3, sat.valid_until)
  and fix.flags & 6 = 0
  and not exists (
    select 1
    from device_binding as other
    where
      other.vehicle_id = $1 and other.device_id <> sat.device_id
      and (other.valid_from, other.device_id) < (sat.valid_from, sat.device_id)
      and (other.valid_until is null or other.valid_until > fix.observed_at)
  )
order by fix.observed_at
limit $4
