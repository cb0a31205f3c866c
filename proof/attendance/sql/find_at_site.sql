-- Each worker's last declaration of each day at site $1 since $2, at most $3.
select worker_id, max(device_at) as device_at
from attendance_event
where site_id = $1 and device_at >= $2
group by worker_id, date_trunc('day', device_at, 'UTC')
order by 2
limit $3
