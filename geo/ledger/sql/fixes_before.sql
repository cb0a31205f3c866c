-- The last two fixes of device $1 before $2 up to batch $3 that presence looked at, newest first: of
-- trusted clock, and the first of their half second (`geo.presence.batch.PAUSE_S`).
-- (`< 1` and not `= 0`, which PostgreSQL takes for rare: it would sort all of them.)
select device_id, observed_at, received_at, lon, lat, accuracy_m, flags
from fix
where
  device_id = $1 and observed_at < $2 and batch <= $3 and flags & 6 < 1
  and not exists (
    select 1
    from fix as first
    where
      first.device_id = $1
      and first.observed_at >= date_bin('500 ms', fix.observed_at, 'epoch')
      and first.observed_at < fix.observed_at
      and first.batch <= $3
      and first.flags & 6 < 1
  )
order by observed_at desc
limit 2
