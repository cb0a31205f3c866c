-- Give the tenant of slug $1 the status $2.
update tenant
set status = $2
where slug = $1
