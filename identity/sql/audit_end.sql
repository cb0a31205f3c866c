-- The end of the chain; read under the log's lock.
select seq, hash
from audit
order by seq desc
limit 1
