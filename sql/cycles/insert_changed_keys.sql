-- The keys of a table's rows that were written by a transaction or a later one. Identifiers: table, key.
-- Values: table_name, transactions_from.
INSERT INTO changed_key (table_name, key)
SELECT DISTINCT %(table_name)s, {key}
FROM {analytics}.{table}
WHERE age(xmin) BETWEEN 0 AND (SELECT age(%(transactions_from)s::xid8::xid))
