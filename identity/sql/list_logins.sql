-- Every login of the tenant.
select login from app_user order by login limit 10000
