-- The version of the privacy rules.
select version
from privacy_version
