-- Take the tenant's append lock (event log and audit chain) until the transaction ends.
-- 360 is ours: no other advisory lock of a tenant's database uses it.
select pg_advisory_xact_lock(360)
