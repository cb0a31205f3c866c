-- Carry what was copied in to fix, but for what is there already; return how many.
with fresh as (
  insert into fix
  select * from incoming
  on conflict (device_id, observed_at) do nothing
  returning 1
)
select count(*) from fresh
