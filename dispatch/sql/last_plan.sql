-- The version of the last published plan, 0 before the first.
select coalesce(max(version), 0) from plan
