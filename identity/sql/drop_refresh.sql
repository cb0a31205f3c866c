-- Forget the tokens of user $1 that ended more than a day ago.
delete from refresh_token
where user_id = $1 and expires_at < now() - interval '1 day'
