-- End the membership $1 at $2.
update crew_member
set valid_until = $2
where id = $1
