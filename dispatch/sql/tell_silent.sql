-- Remember that crews $1 are silent since $2; returns those that were not known to be.
insert into crew_silence (crew_id, since)
select * from unnest($1::uuid[], $2::timestamptz[])
on conflict (crew_id) do nothing
returning crew_id, since
