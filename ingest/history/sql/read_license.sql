-- The edition of TimescaleDB: apache, or timescale, which can compress.
select current_setting('timescaledb.license')
