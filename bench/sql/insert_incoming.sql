-- Carry what came to fix; what is there already stays.
insert into fix
select * from incoming
on conflict (device_id, observed_at) do nothing
