-- The keys that verify, newest first; `due` when the newest is older than $1 (interval).
select kid, private_pem, created_at < now() - $1::interval as due
from signing_key
where retired_at is null
order by created_at desc, kid
limit 20
