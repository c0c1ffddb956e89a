-- Whether this session may load a table: no other is about it. Falls with the session. Values: name.
SELECT pg_try_advisory_lock(hashtextextended(%(name)s, 0)) AS is_ours
