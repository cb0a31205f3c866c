-- Alerts as they are shown, newest first. $1 ids, $2 only those still open or acknowledged by
-- nobody, $3 before id, $4 limit; null does not narrow.
select
  a.id, a.version, a.created_at, a.updated_at, a.rule, a.vehicle_id, vehicle.label as vehicle_label,
  a.device_id, a.cause_id as trip_id, a.opened_at, a.acked_at, a.acked_by, a.ack_note, a.closed_at,
  a.closed_by
from alert as a
join vehicle on vehicle.id = a.vehicle_id
where
  ($1::uuid[] is null or a.id = any($1))
  and (not $2::boolean or a.closed_at is null or a.acked_at is null)
  and ($3::uuid is null or a.id < $3)
order by a.id desc
limit $4::bigint
