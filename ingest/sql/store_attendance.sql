-- Append what people declared, once each; a declaration delivered again vanishes by its key.
-- $1 id, $2 worker_id, $3 site_id, $4 kind, $5 source, $6 device_at, $7 server_at, $8 skew_ms,
-- $9 device_id, $10 run, $11 seq, $12 lon, $13 lat, $14 accuracy_m, $15 is_mock, $16 corrects_id,
-- $17 provider: arrays. What is known of the device's clock goes with it. Returns the ids appended.
insert into attendance_event (
  id, worker_id, site_id, kind, source, device_at, server_at, skew_ms, device_id, run, seq, lon,
  lat, accuracy_m, is_mock, corrects_id, provider, clock_ms
)
select said.*, round(clock.offset_s * 1000)
from unnest(
  $1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[],
  $7::timestamptz[], $8::bigint[], $9::uuid[], $10::text[], $11::bigint[], $12::float8[],
  $13::float8[], $14::real[], $15::boolean[], $16::uuid[], $17::text[]
) as said (
  id, worker_id, site_id, kind, source, device_at, server_at, skew_ms, device_id, run, seq, lon,
  lat, accuracy_m, is_mock, corrects_id, provider
)
left join device_clock as clock on clock.device_id = said.device_id
on conflict do nothing
returning id
