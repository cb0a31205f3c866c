-- The chunks of hypertable $1 that end at $2 or before, oldest first; $3 at most.
select range_start, range_end
from timescaledb_information.chunks
where hypertable_schema = 'public' and hypertable_name = $1 and range_end <= $2
order by range_end
limit $3
