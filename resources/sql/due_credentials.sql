-- Credentials to tell of on day $1: those that end within $2 days and were not told of yet, and
-- those that have ended; locked. One that was renewed by a later row of its kind needs no word.
select
  c.id,
  c.worker_id,
  concat_ws(':', c.type, c.symbol, c.category) as code,
  c.valid_until,
  case when c.valid_until < $1::date then 'expired' else 'expiring' end as status
from worker_credential c
where c.revoked_at is null
  and c.valid_until < $1 + $2::integer
  and c.told is distinct from case when c.valid_until < $1 then 'expired' else 'expiring' end
  and not exists (
    select from worker_credential later
    where later.worker_id = c.worker_id
      and later.revoked_at is null
      and later.type = c.type
      and later.symbol is not distinct from c.symbol
      and later.category is not distinct from c.category
      and coalesce(later.valid_until, 'infinity') > c.valid_until
      and later.issued_on <= c.valid_until + 1
  )
order by c.id
limit 500
for update
