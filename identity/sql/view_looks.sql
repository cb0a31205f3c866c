-- Who looked at where worker $1 was since $2, newest first, at most $3; looks of his own left out.
-- A look concerns him by name, by a crew he was in then, or by a device he bore then.
select
  a.seq, a.at, u.display_name as who, u.profile, a.object, a.body ->> 'how' as how,
  a.body ->> 'why' as why
from audit as a
join app_user as u on u.id = a.actor
where
  a.action = 'read'
  and a.at >= $2
  and u.worker_id is distinct from $1
  and (
    a.subject = $1
    or a.body -> 'workers' ? $1::uuid::text
    or exists (
      select 1
      from crew_member as m
      where
        m.worker_id = $1
        and m.valid_from <= a.at
        and (m.valid_until is null or m.valid_until > a.at)
        and a.body -> 'crews' ? m.crew_id::text
    )
    or exists (
      select 1
      from device_binding as b
      where
        b.worker_id = $1
        and b.device_id = a.subject
        and b.valid_from <= a.at
        and (b.valid_until is null or b.valid_until > a.at)
    )
  )
order by a.seq desc
limit $3
