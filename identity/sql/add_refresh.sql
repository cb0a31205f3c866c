-- Add a refresh token: id $1, family $2, user $3, hash $4, life $5 (interval).
insert into refresh_token (id, family, user_id, token_sha256, expires_at)
values ($1, $2, $3, $4, now() + $5::interval)
