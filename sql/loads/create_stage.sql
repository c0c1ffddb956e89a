-- Creates a temporary table for the rows that arrive. Identifiers: stage, columns, target.
CREATE TEMPORARY TABLE {stage} AS SELECT {columns} FROM {target} WITH NO DATA
