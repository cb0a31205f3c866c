-- Store what is known of the motion of devices $1: memory $2 (JSON text).
insert into presence_device (device_id, memory)
select m.device_id, m.memory::jsonb
from unnest($1::uuid[], $2::text[]) as m (device_id, memory)
on conflict (device_id) do update
set memory = excluded.memory
