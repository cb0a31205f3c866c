-- Who is in which active fence now: of site $1, of sites $2 or none (each null: any), at most $3.
select presence.device_id, presence.fence_id, fence.site_id, presence.state, presence.since
from presence
join fence on fence.id = presence.fence_id and fence.active
where
  presence.state in ('inside', 'leaving')
  and ($1::uuid is null or fence.site_id = $1)
  and ($2::uuid[] is null or fence.site_id is null or fence.site_id = any($2))
order by presence.fence_id, presence.device_id
limit $3
