-- Publish the next plan and return its version. Who publishes has locked the open work, which
-- orders them. $1 trigger, $2 routes' starts, $3 figures, $4 diff, $5 kind, $6 who, $7 the version
-- it goes back to.
insert into plan (version, trigger, routes, figures, diff, kind, published_by, reverts)
select coalesce(max(version), 0) + 1, $1, $2, $3, $4, $5, $6, $7
from plan
returning version
