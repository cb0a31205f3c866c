-- The number of the last committed batch of ingest.
select last_batch from lease where role = 'ingest'
