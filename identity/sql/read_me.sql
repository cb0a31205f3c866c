-- How user $1 is called.
select login, display_name
from app_user
where id = $1
