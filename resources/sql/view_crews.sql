-- Crews as they are at $2, in order of id: members, the union of their skills of the day (UTC),
-- and the shift that runs or is the next within a day. A crew is at work from started_at (else
-- starts_at) to ended_at (else ends_at), and silent as dispatch last noticed.
-- $1 ids, $3 crews in reach, $4 after id, $5 limit; null does not narrow.
select
  c.id,
  c.version,
  c.created_at,
  c.updated_at,
  c.name,
  c.lead_worker_id,
  c.vehicle_id,
  c.depot_lon,
  c.depot_lat,
  c.active,
  coalesce(member.list, '[]'::jsonb) as members,
  array(
    select distinct k.skill
    from crew_member m
    join worker_skill k on k.worker_id = m.worker_id
    where m.crew_id = c.id
      and m.valid_from <= $2::timestamptz
      and (m.valid_until is null or m.valid_until > $2)
      and k.valid_from <= ($2 at time zone 'UTC')::date
      and (k.valid_until is null or k.valid_until >= ($2 at time zone 'UTC')::date)
    order by k.skill
  ) as skills,
  array(
    select distinct unnest(
      array_remove(
        array[k.type, k.type || ':' || k.symbol, k.type || ':' || k.symbol || ':' || k.category],
        null
      )
    )
    from crew_member m
    join worker_credential k on k.worker_id = m.worker_id
    where m.crew_id = c.id
      and m.valid_from <= $2
      and (m.valid_until is null or m.valid_until > $2)
      and k.revoked_at is null
      and k.issued_on <= ($2 at time zone 'UTC')::date
      and (k.valid_until is null or k.valid_until >= ($2 at time zone 'UTC')::date)
    order by 1
  ) as credentials,
  c.equipment,
  c.has_phone,
  next_shift.body as shift,
  coalesce(next_shift.running, false) as on_shift,
  silence.since as silent_since
from crew c
left join crew_silence as silence on silence.crew_id = c.id
left join lateral (
  select
    jsonb_agg(
      jsonb_build_object(
        'worker_id', w.id,
        'name', w.name,
        'skills', array(
          select distinct k.skill
          from worker_skill k
          where k.worker_id = w.id
            and k.valid_from <= ($2 at time zone 'UTC')::date
            and (k.valid_until is null or k.valid_until >= ($2 at time zone 'UTC')::date)
          order by k.skill
        )
      )
      order by w.id <> c.lead_worker_id, w.name, w.id
    ) as list
  from crew_member m
  join worker w on w.id = m.worker_id
  where m.crew_id = c.id
    and m.valid_from <= $2
    and (m.valid_until is null or m.valid_until > $2)
) as member on true
left join lateral (
  select
    coalesce(s.started_at, s.starts_at) <= $2 as running,
    jsonb_build_object(
      'id', s.id,
      'version', s.version,
      'created_at', s.created_at,
      'updated_at', s.updated_at,
      'crew_id', s.crew_id,
      'starts_at', s.starts_at,
      'ends_at', s.ends_at,
      'started_at', s.started_at,
      'ended_at', s.ended_at,
      'break_after_s', s.break_after_s,
      'break_s', s.break_s,
      'overtime_s', s.overtime_s,
      'max_span_s', s.max_span_s,
      'max_route_s', s.max_route_s
    ) as body
  from shift s
  where s.crew_id = c.id
    and coalesce(s.ended_at, s.ends_at) > $2
    and s.starts_at < $2 + interval '1 day'
  order by coalesce(s.started_at, s.starts_at), s.id
  limit 1
) as next_shift on true
where ($1::uuid[] is null or c.id = any($1))
  and ($3::uuid[] is null or c.id = any($3))
  and ($4::uuid is null or c.id > $4)
order by c.id
limit $5::bigint
