-- Move assignment $1 to state $2 at $3 and count its version up; whichever moment belongs to
-- that state is set. $4 who, $5 why (answers only), $6 when an offer expires.
update assignment
set
  state = $2,
  version = version + 1,
  updated_at = now(),
  offered_at = case when $2 = 'offered' then $3 else offered_at end,
  expires_at = case when $2 = 'offered' then $6::timestamptz else expires_at end,
  answered_at = case when $2 in ('accepted', 'declined') then $3 else answered_at end,
  answered_by = case when $2 in ('accepted', 'declined') then $4 else answered_by end,
  answer_why = case when $2 in ('accepted', 'declined', 'withdrawn') then $5 else answer_why end,
  started_at = case when $2 = 'started' then $3 else started_at end,
  done_at = case when $2 = 'done' then $3 else done_at end
where id = $1
