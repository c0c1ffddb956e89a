-- Whether several rows of a table have the same key; an unknown key equals no other. Identifiers: table, key.
SELECT EXISTS (
    SELECT FROM {table} WHERE num_nulls({key}) = 0 GROUP BY {key} HAVING count(*) > 1 LIMIT 1
) AS has_duplicates
