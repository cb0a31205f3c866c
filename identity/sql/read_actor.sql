-- The active user $1: who it is, its worker's crews of now, its scoped projects and sites
-- (a scoped project brings all its sites).
select
  u.id,
  u.login,
  u.display_name,
  u.profile,
  u.worker_id,
  array(
    select m.crew_id
    from crew_member m
    where m.worker_id = u.worker_id
      and m.valid_from <= now()
      and (m.valid_until is null or m.valid_until > now())
  ) as crew_ids,
  array(
    select s.object_id
    from user_scope s
    where s.user_id = u.id and s.kind = 'project'
  ) as project_ids,
  array(
    select s.object_id
    from user_scope s
    where s.user_id = u.id and s.kind = 'site'
    union
    select site.id
    from user_scope s
    join site on site.project_id = s.object_id
    where s.user_id = u.id and s.kind = 'project'
  ) as site_ids
from app_user u
where u.id = $1 and u.active
