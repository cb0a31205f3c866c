-- Whose days to show between $1 and $2: of site $3, crew $4, worker $5 (null does not narrow), within
-- sites $6 or the worker $7 in reach; after id $8, at most $9; $10 the tenant's calendar. Who
-- declared something there and his crew, who is of that crew, and who is of a crew with work there.
with asked as (
  select
    $1::timestamptz as first,
    $2::timestamptz as last,
    -- Dates are the sites' own: half a day more on each side.
    $1::timestamptz - interval '14 hours' as early,
    $2::timestamptz + interval '14 hours' as late
),
declared as (
  select e.worker_id
  from attendance_event as e, asked
  where
    e.device_at >= asked.early
    and e.device_at < asked.late
    and (e.device_at at time zone coalesce(
      (select s.tz from site as s where s.id = e.site_id), $10::text
    ))::date between (asked.first at time zone 'UTC')::date
      and (asked.last at time zone 'UTC')::date - 1
    and ($3::uuid is null or e.site_id = $3)
    and ($6::uuid[] is null or e.site_id = any($6) or e.site_id is null)
),
crewed as (
  select m.worker_id, m.crew_id, c.name
  from crew_member as m
  join crew as c on c.id = m.crew_id and c.active
  cross join asked
  where m.valid_from < asked.last and (m.valid_until is null or m.valid_until > asked.first)
),
expected as (
  select crewed.worker_id
  from crewed, asked
  where
    crewed.crew_id = $4
    or crewed.crew_id in (
      select mate.crew_id from crewed as mate join declared on declared.worker_id = mate.worker_id
    )
    or exists (
      select 1
      from assignment as a
      join task as t on t.id = a.task_id
      where
        a.crew_id = crewed.crew_id
        and a.state in ('planned', 'offered', 'accepted', 'started', 'done')
        and a.start_at < asked.last
        and a.end_at > asked.first
        and ($3::uuid is null or t.site_id = $3)
        and ($6::uuid[] is null or t.site_id = any($6))
    )
)
select w.id, w.name, of_crew.crew_id, of_crew.name as crew_name
from worker as w
left join lateral (
  select crewed.crew_id, crewed.name
  from crewed
  where crewed.worker_id = w.id
  order by crewed.crew_id
  limit 1
) as of_crew on true
where
  ($8::uuid is null or w.id > $8)
  and ($5::uuid is null or w.id = $5)
  and ($7::uuid is null or w.id = $7)
  and ($4::uuid is null or of_crew.crew_id = $4)
  and (
    $7::uuid is not null
    or w.id in (select worker_id from declared)
    or w.id in (select worker_id from expected)
  )
order by w.id
limit $9::bigint
