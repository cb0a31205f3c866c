-- Which of the events $1 (of workers $2, at sites $3, said at $4: arrays) presence supports: the
-- worker's own phone had entered a fence of the site before, and not left it since. Confirmed
-- crossings that nothing has replaced count, no others.
select said.id
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[])
  as said (id, worker_id, site_id, at)
cross join lateral (
  select last_one.kind
  from device_binding as b
  join device as d on d.id = b.device_id and d.kind = 'phone'
  join fence as f on f.site_id = said.site_id and f.kind = 'site'
  cross join lateral (
    select p.kind, p.at
    from presence_event as p
    where
      p.device_id = b.device_id
      and p.fence_id = f.id
      and p.status = 'confirmed'
      and p.superseded_by is null
      and p.at <= said.at
    order by p.at desc, p.id desc
    limit 1
  ) as last_one
  where
    b.worker_id = said.worker_id
    and b.valid_from <= said.at
    and (b.valid_until is null or b.valid_until > said.at)
  order by last_one.at desc
  limit 1
) as newest
where newest.kind = 'entered'
