-- The keys of analytics rows that have changed since a transaction; starts with those that triggers have noted.
-- Values: transactions_from.
CREATE TEMPORARY TABLE changed_key ON COMMIT DROP AS
SELECT DISTINCT table_name, key
FROM {conflict}.conflict_changed_key
WHERE changed_by >= %(transactions_from)s::xid8
