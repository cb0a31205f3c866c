-- The version of the privacy rules, kept as it is until the transaction ends: whoever starts a
-- private period waits for the batch in hand, and every batch after it is judged by the new rules.
select version
from privacy_version
for share
