-- The past of devices $1 is to be told anew from $2 on, or from earlier if that was asked before.
insert into presence_late (device_id, since)
select m.device_id, m.since
from unnest($1::uuid[], $2::timestamptz[]) as m (device_id, since)
on conflict (device_id) do update
set since = least(presence_late.since, excluded.since)
