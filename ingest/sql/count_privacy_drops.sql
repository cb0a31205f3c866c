-- Add to the counts of fixes the privacy gate dropped. $1 day, $2 reason, $3 fixes: arrays.
insert into privacy_drop (day, reason, fixes)
select day, reason, fixes
from unnest($1::text[], $2::text[], $3::bigint[]) as incoming (day, reason, fixes)
on conflict (day, reason) do update
set fixes = privacy_drop.fixes + excluded.fixes
