-- The active user of login $1 and its password's hash.
select id, profile, password_hash
from app_user
where login = $1 and active
