-- Receipts of what was purged or erased, newest first: before seq $1 (null: all), at most $2.
select seq, at, object as what, subject, body
from audit
where action = 'purged' and ($1::bigint is null or seq < $1)
order by seq desc
limit $2
