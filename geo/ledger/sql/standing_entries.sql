-- The provisional entries that stand of devices $1, decided up to $2 (null: whenever).
select id, device_id, fence_id, kind, status, at, detected_at, supersedes, superseded_by
from presence_event
where
  device_id = any($1::uuid[])
  and status = 'provisional'
  and superseded_by is null
  and ($2::timestamptz is null or detected_at <= $2)
