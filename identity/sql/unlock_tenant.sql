-- Let others change the tenant of slug $1.
select pg_advisory_unlock(365, hashtext($1))
