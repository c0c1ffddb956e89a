-- Where the rows of a first or full load wait until all are there. Identifiers: staging, table, columns.
CREATE UNLOGGED TABLE {analytics}.{staging} AS SELECT {columns} FROM {analytics}.{table} WITH NO DATA
