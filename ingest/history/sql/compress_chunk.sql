-- Compress the oldest chunk of fixes that ended before $1 and is not compressed yet; no row: none.
select compress_chunk(format('%I.%I', chunk_schema, chunk_name)::regclass)
from (
  select chunk_schema, chunk_name
  from timescaledb_information.chunks
  where
    hypertable_schema = 'public'
    and hypertable_name = 'fix'
    and range_end < $1
    and not is_compressed
  order by range_end
  limit 1
) as oldest
