-- Whether fixes may be compressed already.
select compression_enabled
from timescaledb_information.hypertables
where hypertable_schema = 'public' and hypertable_name = 'fix'
