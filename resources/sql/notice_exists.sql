-- Does any policy have notice $1?
select exists (select 1 from tracking_policy where notice_version = $1)
