-- Replace what the plan $1 leaves out. $2 task ids, $3 their reasons (jsonb array of arrays), $4
-- what would make them fit (jsonb array of objects or null). Where no reasons are given yet, those
-- of the plan before stand until `tell_unassigned`.
with gone as (
  delete from unassigned where not (task_id = any($2::uuid[]))
)
insert into unassigned (task_id, plan_version, reasons, relaxation)
select task_id, $1, reasons, nullif(relaxation, 'null'::jsonb)
from unnest(
  $2::uuid[],
  array(select jsonb_array_elements($3::jsonb)),
  array(select jsonb_array_elements($4::jsonb))
) as new (task_id, reasons, relaxation)
on conflict (task_id) do update
set
  plan_version = excluded.plan_version,
  reasons = case when excluded.reasons = '[]' then unassigned.reasons else excluded.reasons end,
  relaxation = case
    when excluded.reasons = '[]' then unassigned.relaxation else excluded.relaxation
  end
