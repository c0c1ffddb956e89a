-- Copy the rows of the tables that concern every row, all of them as they are at the same moment. input_rows are the
-- tables as select_input_rows.sql reads them. Identifiers: input_rows. Values: cycle_id.
INSERT INTO {conflict}.conflict_cycle_input (cycle_id, table_name, rows)
SELECT %(cycle_id)s, input.table_name, input.rows
FROM ({input_rows}) AS input
