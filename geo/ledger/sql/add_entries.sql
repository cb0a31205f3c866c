-- Add entries to the ledger: ids $1, devices $2, fences $3, kinds $4, statuses $5, at $6,
-- decided at $7, why $8 (JSON text), supersedes $9, superseded by $10.
insert into presence_event (
  id, device_id, fence_id, kind, status, at, detected_at, why, supersedes, superseded_by
)
select id, device_id, fence_id, kind, status, at, decided_at, why::jsonb, supersedes, superseded_by
from unnest(
  $1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[],
  $7::timestamptz[], $8::text[], $9::uuid[], $10::uuid[]
) as e (
  id, device_id, fence_id, kind, status, at, decided_at, why, supersedes, superseded_by
)
