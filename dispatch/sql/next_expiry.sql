-- When the next unanswered offer expires.
select min(expires_at) from assignment where state = 'offered'
