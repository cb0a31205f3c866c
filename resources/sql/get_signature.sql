-- Worker $1's signature of notice $2.
select s.worker_id, w.name as worker_name, s.notice_version, s.signed_at
from notice_signature as s
join worker as w on w.id = s.worker_id
where s.worker_id = $1 and s.notice_version = $2
