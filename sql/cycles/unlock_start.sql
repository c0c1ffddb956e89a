-- Gives back what lock_start.sql took. Values: name.
SELECT pg_advisory_unlock(hashtextextended(%(name)s, 0))
