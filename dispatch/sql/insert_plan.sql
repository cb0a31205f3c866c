-- Publish the next plan and return its version. The lease's row, locked by the batch, orders them.
insert into plan (version, trigger, routes, figures)
select coalesce(max(version), 0) + 1, $1, $2, $3
from plan
returning version
