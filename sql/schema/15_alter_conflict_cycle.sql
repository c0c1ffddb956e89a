-- Whether a cycle looks at every eligible row or at those whose inputs have changed, and why; and what its result
-- rests on (scope/select_inputs.sql), NULL if that was not noted. Ledgers of earlier versions lack it.
ALTER TABLE {conflict}.conflict_cycle
    ADD COLUMN IF NOT EXISTS scope text NOT NULL DEFAULT 'full' CHECK (scope IN ('full', 'changed')),
    ADD COLUMN IF NOT EXISTS scope_reason text NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS inputs jsonb
