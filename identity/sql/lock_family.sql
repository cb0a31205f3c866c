-- Lock the family of the refresh token of hash $1 until the transaction ends: locking its rows
-- would miss the row another transaction is just adding. 364 is ours.
select pg_advisory_xact_lock(364, hashtext(family::text))
from refresh_token
where token_sha256 = $1
