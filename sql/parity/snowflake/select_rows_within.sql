-- On Snowflake: return the rows of some ranges of IDs in order, with their values as texts.
-- Identifiers: table, id, texts. Values: starts, width, lowest, highest.
SELECT {texts}
FROM {table}
WHERE {id} BETWEEN %(lowest)s AND %(highest)s
    AND {id} - MOD(MOD({id}, %(width)s) + %(width)s, %(width)s) IN (%(starts)s)
ORDER BY {id}
