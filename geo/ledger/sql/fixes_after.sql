-- The fixes of device $1 after $2 up to batch $3 whose clock is trusted, in order; at most $4.
-- (`< 1` and not `= 0`, which PostgreSQL takes for rare: it would sort all of them.)
select device_id, observed_at, received_at, lon, lat, accuracy_m, flags
from fix
where device_id = $1 and observed_at > $2 and batch <= $3 and flags & 6 < 1
order by observed_at
limit $4
