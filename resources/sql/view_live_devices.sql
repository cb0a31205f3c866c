-- Active devices as the map shows them at $2, in order of id: what each is fixed to and the crew
-- that drives or carries it. $1 ids, $3 crews in reach, $4 vehicles, $5 workers; null does not
-- narrow, but with $4 or $5 a device fixed to any of them is enough.
select d.id, d.label, d.kind, b.vehicle_id, b.worker_id, holder.crew_id
from device d
left join device_binding b on b.device_id = d.id and b.valid_until is null
left join lateral (
  select c.id as crew_id
  from crew c
  where c.active and c.vehicle_id = b.vehicle_id
  union all
  select m.crew_id
  from crew_member m
  where m.worker_id = b.worker_id
    and m.valid_from <= $2::timestamptz
    and (m.valid_until is null or m.valid_until > $2)
  limit 1
) as holder on true
where d.status = 'active'
  and ($1::uuid[] is null or d.id = any($1))
  and ($3::uuid[] is null or holder.crew_id = any($3))
  and (
    ($4::uuid[] is null and $5::uuid[] is null)
    or b.vehicle_id = any($4)
    or b.worker_id = any($5)
  )
order by d.id
