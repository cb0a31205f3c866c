-- Who signed which notice, and when; $1 at most.
select worker_id, notice_version, signed_at
from notice_signature
order by worker_id, notice_version
limit $1
