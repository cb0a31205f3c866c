-- Permits of sites as they are shown, in order of id. $1 ids, $2 site, $3 sites in reach, $4 the
-- instant their status is of, $5 after id, $6 limit; null does not narrow.
select
  p.id,
  p.version,
  p.created_at,
  p.updated_at,
  p.site_id,
  p.kind,
  p.number,
  p.valid_from,
  p.valid_until,
  p.revoked_at,
  case
    when p.revoked_at is not null then 'revoked'
    when p.valid_until <= $4::timestamptz then 'expired'
    when p.valid_from > $4 then 'future'
    else 'valid'
  end as status
from permit p
where ($1::uuid[] is null or p.id = any($1))
  and ($2::uuid is null or p.site_id = $2)
  and ($3::uuid[] is null or p.site_id = any($3))
  and ($5::uuid is null or p.id > $5)
order by p.id
limit $6::bigint
