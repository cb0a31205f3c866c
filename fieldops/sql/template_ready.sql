-- Whether $1 is a finished template: the last step of building one closes it to connections.
select exists (select from pg_database where datname = $1 and datistemplate and not datallowconn)
