-- Crews on shift at $1 that have devices: since when none was heard, and when that makes the crew
-- silent, $2 seconds after it was last heard or came on shift. A crew of which somebody is in a
-- private period is not asked for.
select
  crew.id as crew_id,
  coalesce(heard.at, s.starts_at) as since,
  greatest(heard.at, s.starts_at) + make_interval(secs => $2::integer) as silent_at
from crew
join lateral (
  select coalesce(shift.started_at, shift.starts_at) as starts_at
  from shift
  where
    shift.crew_id = crew.id
    and shift.ended_at is null
    and shift.ends_at > $1::timestamptz
    and coalesce(shift.started_at, shift.starts_at) <= $1
  limit 1
) as s on true
join lateral (
  select count(*) as devices, max(fix.received_at) as at
  from device_binding as binding
  join device on device.id = binding.device_id and device.status = 'active'
  left join latest_fix as fix on fix.device_id = binding.device_id
  where
    binding.valid_from <= $1
    and (binding.valid_until is null or binding.valid_until > $1)
    and (
      binding.vehicle_id = crew.vehicle_id
      or exists (
        select from crew_member as m
        where
          m.crew_id = crew.id
          and m.worker_id = binding.worker_id
          and m.valid_from <= $1
          and (m.valid_until is null or m.valid_until > $1)
      )
    )
) as heard on heard.devices > 0
where
  crew.active
  and not exists (
    select
    from private_period as p
    join crew_member as m on m.worker_id = p.worker_id and m.crew_id = crew.id
    where
      p.starts_at <= $1
      and (p.ends_at is null or p.ends_at > $1)
      and m.valid_from <= $1
      and (m.valid_until is null or m.valid_until > $1)
  )
order by crew.id
