-- The revision the database stands at.
select version_num
from alembic_version
