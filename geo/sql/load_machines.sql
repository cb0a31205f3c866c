-- The machines that do not rest outside.
select device_id, fence_id, state, since, (memory ->> 'run_at')::timestamptz as run_at
from presence
where state <> 'outside'
limit 500000
