-- The site task $1 is on.
select site_id from task where id = $1
