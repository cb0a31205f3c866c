-- How many fixes there are in [$1, $2).
select count(*)
from fix
where observed_at >= $1 and observed_at < $2
