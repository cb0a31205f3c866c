-- One provisioning at a time on a server; the lock ends with the session.
select pg_advisory_lock(362)
