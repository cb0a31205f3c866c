-- Count the living stewards of role $1 after saying that $2 lives for $3 seconds more; those dead
-- for an hour are forgotten.
with mine as (
  insert into steward (owner, role, until)
  values ($2, $1, now() + make_interval(secs => $3))
  on conflict (owner) do update
  set until = excluded.until
),
dead as (
  delete from steward
  where until < now() - interval '1 hour' and owner <> $2
)
select 1 + count(*)
from steward
where role = $1 and until > now() and owner <> $2
