-- Makes a second open cycle impossible.
CREATE UNIQUE INDEX IF NOT EXISTS conflict_cycle_one_open ON {conflict}.conflict_cycle (state) WHERE state = 'open'
