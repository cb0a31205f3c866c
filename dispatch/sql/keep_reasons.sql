-- Keep why tasks are left out with the version that took them off their crew, once: the last up to
-- $1 that names them, 50 back at most, for what follows a version closely may be told for both. $2
-- task ids, $3 their reasons (jsonb array of arrays), $4 what would make them fit (jsonb array of
-- objects or null).
with told as (
  select *
  from unnest(
    $2::uuid[],
    array(select jsonb_array_elements($3::jsonb)),
    array(select jsonb_array_elements($4::jsonb))
  ) as new (task_id, reasons, relaxation)
),
named as (
  select distinct on (item ->> 'task_id')
    plan.version, (item ->> 'task_id')::uuid as task_id, item
  from plan, jsonb_array_elements(plan.diff) as item
  where
    plan.version <= $1
    and plan.version > $1 - 50
    and (item ->> 'task_id')::uuid = any($2::uuid[])
  order by item ->> 'task_id', plan.version desc
),
wanting as (
  select
    named.version,
    told.task_id,
    jsonb_build_object('reasons', told.reasons, 'relaxation', told.relaxation) as why
  from named
  join told on told.task_id = named.task_id
  where named.item -> 'after' = 'null' and not named.item -> 'why' ? 'reasons'
)
update plan
set diff = (
  select
    jsonb_agg(
      case
        when wanting.task_id is null then each.item
        else jsonb_set(each.item, '{why}', (each.item -> 'why') || wanting.why)
      end
      order by each.place
    )
  from jsonb_array_elements(plan.diff) with ordinality as each (item, place)
  left join wanting
    on wanting.version = plan.version and wanting.task_id = (each.item ->> 'task_id')::uuid
)
where plan.version in (select version from wanting)
