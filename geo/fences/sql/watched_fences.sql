-- Every version in which a fence was watched at or after $1 (null: only those in force now), oldest
-- first; fences of no site have the hours of time zone $2; at most $3.
select
  fence.id, v.id as version_id, fence.site_id, fence.kind, st_asbinary(v.geom) as wkb,
  v.buffer_m, v.dwell_s, v.max_accuracy_m, v.confidence, v.schedule, coalesce(site.tz, $2) as tz,
  v.valid_from, v.valid_until
from fence_version as v
join fence on fence.id = v.fence_id
left join site on site.id = fence.site_id
where
  v.active
  and (
    (v.valid_until is null and fence.active)
    -- A version replaced in the instant it began was never in force.
    or ($1::timestamptz is not null and v.valid_until > $1 and v.valid_until > v.valid_from)
  )
order by fence.id, v.valid_from, v.id
limit $3
