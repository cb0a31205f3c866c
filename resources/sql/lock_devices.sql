-- Let one command at a time add devices, until its transaction ends. Not a lock on rows: ingest
-- must not wait for the broker's answer.
select pg_advisory_xact_lock(hashtext('fieldops devices'))
