-- The workers whom a look at vehicles $1 in [$2, $3) concerns: who led or belonged to a crew while it
-- had one of them. The chain says when a crew's vehicle and lead changed; of a crew it says nothing
-- about, what stands now is taken.
with asked (name) as (
  values ('vehicle_id'), ('lead_worker_id')
),
told as (
  select
    c.id as crew_id, asked.name, a.body ->> asked.name as value, a.at as since,
    coalesce(
      lead(a.at) over (partition by c.id, asked.name order by a.seq), 'infinity'
    ) as until
  from crew as c
  join audit as a on a.subject = c.id and a.object = 'crew' and a.action in ('create', 'update')
  join asked on a.body ? asked.name
),
known as (
  select crew_id, name, value::uuid as value, since, until
  from told
  union all
  select
    c.id, asked.name,
    case asked.name when 'vehicle_id' then c.vehicle_id else c.lead_worker_id end,
    '-infinity', 'infinity'
  from crew as c
  cross join asked
  where not exists (select 1 from told where told.crew_id = c.id and told.name = asked.name)
),
driven as (
  select crew_id, greatest(since, $2::timestamptz) as since, least(until, $3::timestamptz) as until
  from known
  where name = 'vehicle_id' and value = any($1::uuid[]) and since < $3 and until > $2
)
select k.value as worker_id
from driven as d
join known as k on k.crew_id = d.crew_id and k.name = 'lead_worker_id'
where k.value is not null and k.since < d.until and k.until > d.since
union
select m.worker_id
from driven as d
join crew_member as m on m.crew_id = d.crew_id
where m.valid_from < d.until and (m.valid_until is null or m.valid_until > d.since)
order by worker_id
