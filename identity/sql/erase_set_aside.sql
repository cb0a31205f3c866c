-- Take the messages $1 out of quarantine, raw bytes and all, and count the $2 things they said as
-- dropped for $3 on the day (UTC) of $4.
with gone as (
  delete from quarantine
  where id = any($1::uuid[])
)
insert into privacy_drop (day, reason, fixes)
values (to_char($4::timestamptz at time zone 'UTC', 'YYYY-MM-DD'), $3, $2)
on conflict (day, reason) do update
set fixes = privacy_drop.fixes + excluded.fixes
