-- Audits, the newest first, at most $1.
select id, at, since, until, fixes, pairs, differing, differences
from fence_audit
order by at desc
limit $1
