-- The numeric key of a row of conflict_changed_key; NULL for a text that is none, which no table can hold.
CASE WHEN key ~ '^-?[0-9]{{1,38}}$' THEN key::numeric END
