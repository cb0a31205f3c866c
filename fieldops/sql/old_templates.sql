-- Templates like $1 other than $2.
select datname
from pg_database
where datname like $1 and datname <> $2
limit 100
