-- The refresh token of hash $1 and its user; read under the family's lock.
select
  t.id,
  t.family,
  t.user_id,
  t.used_at is not null as used,
  t.revoked_at is not null as revoked,
  t.expires_at <= now() as expired,
  u.profile,
  u.active
from refresh_token t
join app_user u on u.id = t.user_id
where t.token_sha256 = $1
