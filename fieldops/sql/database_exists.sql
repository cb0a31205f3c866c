-- Whether the server has a database named $1.
select exists (select from pg_database where datname = $1)
