-- Every active fence with its present version, at most $1.
select
  fence.id, fence.site_id, st_asbinary(current.geom) as wkb, current.buffer_m, current.dwell_s,
  current.max_accuracy_m
from fence
join fence_version as current on current.fence_id = fence.id and current.valid_until is null
where fence.active
order by fence.id
limit $1
