-- Forget the tenant of slug $1; its database is gone already.
delete from tenant
where slug = $1
