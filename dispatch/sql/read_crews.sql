-- Crews with a shift that runs at $1 or starts within 14 hours, and where each starts from: the
-- last fix since $2 of its vehicle, else of its lead's phone, else its depot.
with current_shift as (
  select distinct on (crew_id) crew_id, coalesce(started_at, starts_at) as starts_at, ends_at
  from shift
  where ended_at is null and ends_at > $1 and starts_at < $1 + interval '14 hours'
  order by crew_id, starts_at
),
member as (
  select crew_id, worker_id
  from crew_member
  where valid_from <= $1 and (valid_until is null or valid_until > $1)
)
select
  crew.id as crew_id,
  crew.name,
  s.starts_at as shift_start,
  s.ends_at as shift_end,
  (select count(*) from member where member.crew_id = crew.id) as members,
  array(
    select distinct skill.skill
    from worker_skill as skill
    join member on member.worker_id = skill.worker_id and member.crew_id = crew.id
    where
      skill.valid_from <= $1::date
      and (skill.valid_until is null or skill.valid_until >= $1::date)
    order by 1
  ) as skills,
  crew.depot_lon,
  crew.depot_lat,
  crew.has_phone,
  (select since from crew_silence where crew_silence.crew_id = crew.id) as silent_since,
  witness.lon as start_lon,
  witness.lat as start_lat,
  witness.source as start_source
from crew
join current_shift as s on s.crew_id = crew.id
left join lateral (
  select
    fix.lon,
    fix.lat,
    case when binding.vehicle_id is null then 'lead_fix' else 'vehicle_fix' end as source
  from device_binding as binding
  join device on device.id = binding.device_id and device.status = 'active'
  join latest_fix as fix on fix.device_id = binding.device_id
  where
    (binding.vehicle_id = crew.vehicle_id or binding.worker_id = crew.lead_worker_id)
    and binding.valid_from <= $1
    and (binding.valid_until is null or binding.valid_until > $1)
    and fix.observed_at >= $2
  order by binding.vehicle_id is null, fix.observed_at desc
  limit 1
) as witness on true
where crew.active
order by crew.id
limit 1000
