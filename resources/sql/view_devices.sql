-- Devices as they are shown, in order of id, with what each is fixed to now. $1 ids, $2 names,
-- $3 after id, $4 limit; null does not narrow.
select
  d.id,
  d.version,
  d.created_at,
  d.updated_at,
  d.name,
  d.label,
  d.kind,
  d.purpose,
  d.policy_id,
  d.status,
  b.vehicle_id,
  b.worker_id,
  clock.offset_s as clock_offset_s
from device d
left join device_binding b on b.device_id = d.id and b.valid_until is null
left join device_clock clock on clock.device_id = d.id
where ($1::uuid[] is null or d.id = any($1))
  and ($2::text[] is null or d.name = any($2))
  and ($3::uuid is null or d.id > $3)
order by d.id
limit $4::bigint
