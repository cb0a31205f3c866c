-- What is set aside of worker $1's own devices and may say something of [$2, $3) (null: without
-- end), locked: all that came inside, and of any time what can be read ($4 its codes), with its
-- bytes. `since` and `until` bound the private time in which the worker bore the device.
select
  q.id, q.received_at, q.topic, q.code, bound.device_id, bound.since, bound.until,
  case when q.code = any($4::text[]) then q.payload end as payload
from (
  select b.device_id, d.name, greatest(b.valid_from, $2::timestamptz) as since,
    least(coalesce(b.valid_until, 'infinity'), coalesce($3::timestamptz, 'infinity')) as until
  from device_binding as b
  join device as d on d.id = b.device_id
  where b.worker_id = $1
) as bound
join quarantine as q on q.device = bound.name
where
  q.code = any($4)
  or (q.received_at >= bound.since and q.received_at < bound.until)
for update of q
