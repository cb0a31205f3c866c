-- The fixes of device $1 in [$2, $3) whose time is trusted, in order, at most $4.
select observed_at, received_at, lon, lat, accuracy_m, flags
from fix
where
  device_id = $1 and observed_at >= $2 and ($3::timestamptz is null or observed_at < $3)
  and flags & 6 = 0
order by observed_at
limit $4
