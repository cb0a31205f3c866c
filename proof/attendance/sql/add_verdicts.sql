-- Append verdicts: events $1, revisions $2, worker $3, said at $4, verdicts $5, reasons $6,
-- distances $7, fence versions $8 (arrays but $3); thought at $9 because of $10.
insert into attendance_verdict (
  event_id, revision, at, worker_id, device_at, verdict, reasons, distance_m, fence_version_id,
  cause
)
select v.event_id, v.revision, $9, $3, v.device_at, v.verdict, v.reasons::jsonb, v.distance_m,
  v.fence_version_id, $10
from unnest(
  $1::uuid[], $2::integer[], $4::timestamptz[], $5::text[], $6::text[], $7::float8[], $8::uuid[]
) as v (event_id, revision, device_at, verdict, reasons, distance_m, fence_version_id)
