-- Take the newest position of worker $1's own devices of $4 away: whatever its time while the
-- private time [$2, $3) runs ($5), else where it lies inside. Returns each device bound now, its
-- crew, and whether a position went or must not show.
with bound as (
  select b.device_id, m.crew_id
  from device_binding as b
  left join crew_member as m
    on m.worker_id = b.worker_id
    and m.valid_from <= $4::timestamptz
    and (m.valid_until is null or m.valid_until > $4)
  where b.worker_id = $1 and b.valid_from <= $4 and (b.valid_until is null or b.valid_until > $4)
),
gone as (
  delete from latest_fix
  using bound
  where
    latest_fix.device_id = bound.device_id
    and (
      $5::boolean
      or (
        latest_fix.observed_at >= $2::timestamptz
        and latest_fix.observed_at < coalesce($3::timestamptz, 'infinity')
      )
    )
  returning latest_fix.device_id
)
select bound.device_id as id, bound.crew_id, $5 or gone.device_id is not null as hidden
from bound
left join gone on gone.device_id = bound.device_id
