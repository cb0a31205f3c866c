-- Add tenant $1 of slug $2, name $3, country $4, time zone $5, locale $6, not yet to be served.
insert into tenant (id, slug, name, country, tz, locale, status)
values ($1, $2, $3, $4, $5, $6, 'provisioning')
on conflict (slug) do nothing
