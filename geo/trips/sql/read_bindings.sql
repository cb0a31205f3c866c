-- The vehicles devices $1 were fixed to, as far as that lasted beyond $2 (per device).
select b.device_id, b.vehicle_id, b.valid_from, b.valid_until
from unnest($1::uuid[], $2::timestamptz[]) as asked (device_id, since)
join device_binding as b on b.device_id = asked.device_id
where b.vehicle_id is not null and (b.valid_until is null or b.valid_until > asked.since)
order by b.device_id, b.valid_from
limit 100000
