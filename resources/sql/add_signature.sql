-- Worker $1 signed notice $2 at $3, as user $4 recorded; null comes back when he had.
insert into notice_signature (worker_id, notice_version, signed_at, recorded_by)
values ($1, $2, $3, $4)
on conflict do nothing
returning worker_id
