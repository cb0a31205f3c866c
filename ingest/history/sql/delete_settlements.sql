-- Forget sequence spaces untouched since $1 whose device will not speak in them again: it is revoked,
-- or has begun another that was touched later. $2 at most; return how many.
with gone as (
  delete from settlement
  where (device_id, run) in (
    select s.device_id, s.run
    from settlement as s
    left join device as d on d.id = s.device_id
    where
      s.updated_at < $1
      and (
        d.status is distinct from 'active'
        or exists (
          select
          from settlement as later
          where later.device_id = s.device_id and later.updated_at > s.updated_at
        )
      )
    limit $2
  )
  returning 1
)
select count(*) from gone
