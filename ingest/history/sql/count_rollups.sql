-- How many roll-ups there are in [$1, $2).
select count(*)
from fix_rollup
where bucket_at >= $1 and bucket_at < $2
