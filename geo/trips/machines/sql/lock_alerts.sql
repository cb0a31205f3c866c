-- The alerts of rule $1 that trips $2 caused.
select id, cause_id, opened_at, closed_at, closed_by
from alert
where rule = $1 and cause_id = any($2::uuid[])
for update
