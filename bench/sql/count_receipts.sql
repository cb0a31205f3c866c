-- Count, of the rows of run $1, what each batch took from each read of the broker.
select batch, received_at, count(*) as messages
from fix
where run = $1
group by batch, received_at
