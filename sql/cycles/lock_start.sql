-- Values: name. Held by a job from its look for an open cycle to the end of its plan.
SELECT pg_advisory_lock(hashtextextended(%(name)s, 0))
