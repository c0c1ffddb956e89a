-- Keep a key unique, without blocking writers meanwhile. Identifiers: index, table, key.
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS {index} ON {table} ({key})
