-- The moves of the last $1 proposals that are open or were turned down.
select moves
from plan_draft
where kind = 'proposal' and state in ('open', 'rejected')
order by id desc
limit $1
