-- Let one transaction at a time judge the attendance of worker $1 (its id as text).
select pg_advisory_xact_lock(hashtext('attendance'), hashtext($1))
