-- When the fixes of batch $1 were observed.
select observed_at
from fix
where batch = $1
