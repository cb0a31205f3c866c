-- How many days the tenant keeps attendance.
select retention_days
from attendance_rule
