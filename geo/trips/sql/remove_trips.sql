-- Remove trips $1: late fixes say they never were.
delete from trip where id = any($1::uuid[])
