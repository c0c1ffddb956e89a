-- Holds the rows of a first or full load until all have arrived. Identifiers: staging, table, columns.
CREATE UNLOGGED TABLE {analytics}.{staging} AS SELECT {columns} FROM {analytics}.{table} WITH NO DATA
