-- Tell why plan $1 leaves tasks out, where it still does, and count what is new. $2 task ids, $3 their
-- reasons (jsonb array of arrays), $4 what would make them fit (jsonb array of objects or null).
with told as (
  update unassigned
  set reasons = new.reasons, relaxation = nullif(new.relaxation, 'null'::jsonb)
  from unnest(
    $2::uuid[],
    array(select jsonb_array_elements($3::jsonb)),
    array(select jsonb_array_elements($4::jsonb))
  ) as new (task_id, reasons, relaxation)
  where
    unassigned.task_id = new.task_id
    and unassigned.plan_version = $1
    and (unassigned.reasons, unassigned.relaxation)
    is distinct from (new.reasons, nullif(new.relaxation, 'null'::jsonb))
  returning 1
)
select count(*) from told
