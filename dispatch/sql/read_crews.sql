-- Crews with a shift that runs at $1 or starts within 14 hours; where each starts from: the last
-- fix since $2 of its vehicle, else of its lead's phone, else its depot; who is in it meanwhile,
-- with skills of the day, papers and absences; and the shifts before and after, as far as more
-- than 4 hours lie between: less is a pause of one day.
with current_shift as (
  select distinct on (crew_id)
    id, crew_id, coalesce(started_at, starts_at) as starts_at, ends_at,
    break_after_s, break_s, overtime_s, max_span_s, max_route_s
  from shift
  where ended_at is null and ends_at > $1 and starts_at < $1 + interval '14 hours'
  order by crew_id, starts_at
),
member as (
  select m.crew_id, m.worker_id, min(m.valid_from) as valid_from, max(m.valid_until) as valid_until,
    bool_or(m.valid_until is null) as stays
  from crew_member as m
  join current_shift as s on s.crew_id = m.crew_id
  where m.valid_from < s.ends_at and (m.valid_until is null or m.valid_until > $1)
  group by m.crew_id, m.worker_id
)
select
  crew.id as crew_id,
  crew.name,
  s.starts_at as shift_start,
  s.ends_at as shift_end,
  s.break_after_s,
  s.break_s,
  s.overtime_s,
  s.max_span_s,
  s.max_route_s,
  (
    select max(coalesce(b.ended_at, b.ends_at)) from shift as b
    where
      b.crew_id = crew.id
      and b.id <> s.id
      and coalesce(b.ended_at, b.ends_at) < s.starts_at - interval '4 hours'
  ) as previous_end,
  (
    select min(n.starts_at) from shift as n
    where
      n.crew_id = crew.id
      and n.id <> s.id
      and n.ended_at is null
      and n.starts_at > s.ends_at + interval '4 hours'
  ) as next_start,
  coalesce(
    (
      select jsonb_agg(
        jsonb_build_object(
          'id', member.worker_id,
          'valid_from', member.valid_from,
          'valid_until', case when not member.stays then member.valid_until end,
          'skills', array(
            select distinct skill.skill
            from worker_skill as skill
            where
              skill.worker_id = member.worker_id
              and skill.valid_from <= s.starts_at::date
              and (skill.valid_until is null or skill.valid_until >= s.starts_at::date)
            order by 1
          ),
          'credentials', (
            select coalesce(
              jsonb_agg(
                jsonb_build_object(
                  'type', paper.type,
                  'symbol', paper.symbol,
                  'category', paper.category,
                  'issued_on', paper.issued_on,
                  'valid_until', paper.valid_until
                )
                order by paper.id
              ),
              '[]'::jsonb
            )
            from worker_credential as paper
            where
              paper.worker_id = member.worker_id
              and paper.revoked_at is null
              and (paper.valid_until is null or paper.valid_until >= $1::date - 1)
          ),
          'absences', (
            select coalesce(
              jsonb_agg(jsonb_build_array(a.starts_at, a.ends_at) order by a.starts_at), '[]'::jsonb
            )
            from worker_absence as a
            where
              a.worker_id = member.worker_id
              and a.cancelled_at is null
              and a.ends_at > $1
              and a.starts_at < s.ends_at
          )
        )
        order by member.worker_id
      )
      from member
      where member.crew_id = crew.id
    ),
    '[]'::jsonb
  ) as people,
  crew.depot_lon,
  crew.depot_lat,
  crew.equipment,
  crew.has_phone,
  vehicle.capacity,
  coalesce(vehicle.travel_class, 'light') as travel_class,
  (select since from crew_silence where crew_silence.crew_id = crew.id) as silent_since,
  witness.lon as start_lon,
  witness.lat as start_lat,
  witness.source as start_source
from crew
join current_shift as s on s.crew_id = crew.id
left join vehicle on vehicle.id = crew.vehicle_id
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
