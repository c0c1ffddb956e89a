-- Updates the rows whose staged values differ. Identifiers: target, stage, assignments, same_key, target_values,
-- stage_values.
UPDATE {target} AS target
SET {assignments}
FROM {stage} AS stage
WHERE {same_key} AND ({target_values}) IS DISTINCT FROM ({stage_values})
