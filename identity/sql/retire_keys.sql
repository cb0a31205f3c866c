-- Retire every key but the newest, which goes on verifying what it signed.
update signing_key
set retired_at = now()
where retired_at is null
  and kid <> (
    select kid
    from signing_key
    where retired_at is null
    order by created_at desc, kid
    limit 1
  )
