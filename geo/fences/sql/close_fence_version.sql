-- End the present version of fence $1 at $2.
update fence_version
set valid_until = $2
where fence_id = $1 and valid_until is null
