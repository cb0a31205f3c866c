-- Revoke every token of family $1, whether used or not.
update refresh_token
set revoked_at = now()
where family = $1 and revoked_at is null
