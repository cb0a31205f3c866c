-- Keep messages that cannot be used; the id is a hash of device and payload, so that a message
-- delivered again is not kept twice. $1 batch, $2 id, $3 received_at, $4 topic, $5 device,
-- $6 code, $7 reason, $8 payload: arrays.
insert into quarantine (id, received_at, topic, device, code, reason, payload, batch)
select id, received_at, topic, device, code, reason, payload, $1
from unnest(
  $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[]
) as incoming (id, received_at, topic, device, code, reason, payload)
on conflict (id) do nothing
returning id
