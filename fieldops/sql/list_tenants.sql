-- Every tenant of the platform, by slug.
select id, slug, name, country, tz, locale, status, database_url
from tenant
order by slug
limit 10000
