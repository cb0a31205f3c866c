-- The chain after seq $1 in order, at most $2 rows.
select seq, at, actor, action, object, subject, body, openings, prev_hash, hash
from audit
where seq > $1
order by seq
limit $2
