-- When fences were last audited.
select max(at)
from fence_audit
