-- Put hash $3 in the place of $2 for user $1, unless the password changed meanwhile.
update app_user
set password_hash = $3
where id = $1 and password_hash = $2
