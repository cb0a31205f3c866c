-- Store machines: devices $1, fences $2, states $3, since $4, first fix of a leaving run $5.
insert into presence (device_id, fence_id, state, since, memory)
select
  m.device_id, m.fence_id, m.state, m.since,
  case when m.run_at is null then '{}' else jsonb_build_object('run_at', m.run_at) end
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::timestamptz[])
  as m (device_id, fence_id, state, since, run_at)
on conflict (device_id, fence_id) do update
set state = excluded.state, since = excluded.since, memory = excluded.memory
