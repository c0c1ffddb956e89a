-- The gate between a plan and the chunks at work, held alone by a plan: no chunk of an older cycle can write
-- after a newer plan has been made. An advisory lock, because its queue is fair. Values: gate.
SELECT pg_advisory_xact_lock(hashtextextended(%(gate)s, 0))
