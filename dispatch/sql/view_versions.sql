-- Versions of the plan, newest first. $1 versions or null, $2 below this version or null, $3 at
-- most.
select version, published_at, published_by, kind, trigger, figures, reverts
from plan
where ($1::bigint[] is null or version = any($1)) and ($2::bigint is null or version < $2)
order by version desc
limit $3
