-- Whether a table has any row. Identifiers: target.
SELECT EXISTS (SELECT FROM {target}) AS has_rows
