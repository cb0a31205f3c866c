-- Let chunks of fixes be compressed, a device's together in the order of time.
alter table fix set (
  timescaledb.compress,
  timescaledb.compress_segmentby = 'device_id',
  timescaledb.compress_orderby = 'observed_at'
)
