-- Store machines: devices $1, fences $2, states $3, since $4, memory $5 (JSON text).
insert into presence (device_id, fence_id, state, since, memory)
select m.device_id, m.fence_id, m.state, m.since, m.memory::jsonb
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::text[])
  as m (device_id, fence_id, state, since, memory)
on conflict (device_id, fence_id) do update
set state = excluded.state, since = excluded.since, memory = excluded.memory
