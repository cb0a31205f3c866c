-- Credentials as they are shown, in order of id. `code` is what a task asks for at its narrowest.
-- $1 ids, $2 worker, $3 the day, $4 days ahead that count as expiring, $5 only what is expiring or
-- expired, $6 whether the document may be named, $7 after id, $8 limit; null does not narrow.
select *
from (
  select
    c.id,
    c.version,
    c.created_at,
    c.updated_at,
    c.worker_id,
    w.name as worker_name,
    c.type,
    c.symbol,
    c.category,
    concat_ws(':', c.type, c.symbol, c.category) as code,
    c.issued_on,
    c.valid_until,
    c.issuer,
    case when $6::boolean then c.document_id end as document_id,
    case
      when c.revoked_at is not null then 'revoked'
      when c.valid_until < $3::date then 'expired'
      when c.issued_on > $3 then 'future'
      when c.valid_until < $3 + $4::integer then 'expiring'
      else 'valid'
    end as status
  from worker_credential c
  join worker w on w.id = c.worker_id
) as shown
where ($1::uuid[] is null or id = any($1))
  and ($2::uuid is null or worker_id = $2)
  and (not $5::boolean or status in ('expiring', 'expired'))
  and ($7::uuid is null or id > $7)
order by id
limit $8::bigint
