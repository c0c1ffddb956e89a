-- Makes a second open cycle, and a second preparing one, impossible.
CREATE UNIQUE INDEX IF NOT EXISTS conflict_cycle_one_open
ON {conflict}.conflict_cycle (state)
WHERE state IN ('preparing', 'open')
