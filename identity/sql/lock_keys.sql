-- One maker of signing keys at a time, until the transaction ends.
-- 363 is ours: no other advisory lock of the control database uses it.
select pg_advisory_xact_lock(363)
