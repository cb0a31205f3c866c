-- Task $1 if it is in reach, and who hears of it: its site and the crews ever given it.
-- $2 sites in reach, $3 crews in reach; null does not narrow.
select
  t.id,
  t.site_id,
  array(select distinct a.crew_id from assignment a where a.task_id = t.id) as crews
from task t
where t.id = $1
  and ($2::uuid[] is null or t.site_id = any($2))
  and (
    $3::uuid[] is null
    or exists (select from assignment a where a.task_id = t.id and a.crew_id = any($3))
  )
