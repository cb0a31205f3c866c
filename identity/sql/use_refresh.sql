-- Mark refresh token $1 as used.
update refresh_token
set used_at = now()
where id = $1
