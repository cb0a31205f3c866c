-- Store checkpoints: devices $1, at $2, memory $3 (JSON text), rests $4.
insert into presence_checkpoint (device_id, at, memory, rests)
select m.device_id, m.at, m.memory::jsonb, m.rests
from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::boolean[])
  as m (device_id, at, memory, rests)
on conflict (device_id, at) do update
set memory = excluded.memory, rests = excluded.rests
