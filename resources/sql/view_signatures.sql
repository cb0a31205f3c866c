-- Who signed which notice when, newest first: of worker $1 in reach (null: all), at most $2.
select s.worker_id, w.name as worker_name, s.notice_version, s.signed_at
from notice_signature as s
join worker as w on w.id = s.worker_id
where $1::uuid is null or s.worker_id = $1
order by s.signed_at desc, s.worker_id
limit $2
