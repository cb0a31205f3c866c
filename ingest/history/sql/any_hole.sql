-- Whether privacy left a hole in a track that nobody looked at yet.
select exists (select from hole)
