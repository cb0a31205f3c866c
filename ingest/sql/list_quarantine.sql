-- Quarantined messages, those received last first, below ($1 received_at, $2 id) unless null; of
-- device $3 and code $4 unless null; $5 at most.
select id, received_at, topic, device, code, reason, payload
from quarantine
where
  ($1::timestamptz is null or (received_at, id) < ($1, $2::uuid))
  and ($3::text is null or device = $3)
  and ($4::text is null or code = $4)
order by received_at desc, id desc
limit $5
