-- The tenant's numbers by which attendance is judged.
select
  id, version, created_at, updated_at, clock_most_s, accuracy_most_m, margin_m, rest_least_s,
  day_most_s, span_most_s, break_after_s, break_least_s, retention_days, presence_aid
from attendance_rule
