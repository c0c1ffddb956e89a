-- The gate of lock_gate.sql, held by each transaction that writes for a chunk. Values: gate.
SELECT pg_advisory_xact_lock_shared(hashtextextended(%(gate)s, 0))
