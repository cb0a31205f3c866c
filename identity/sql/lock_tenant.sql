-- One change of the tenant of slug $1 at a time, until the session ends it. 365 is ours.
select pg_advisory_lock(365, hashtext($1))
