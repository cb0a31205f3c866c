-- Let the private period $1 end at $2 (null: when it is ended).
update private_period
set ends_at = $2
where id = $1
