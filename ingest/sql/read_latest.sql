-- Where each device was last, at most $1 of them, those heard last first.
select device_id, observed_at, lon, lat
from latest_fix
order by observed_at desc
limit $1
