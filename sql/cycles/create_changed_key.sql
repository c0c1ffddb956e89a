-- The keys of analytics rows that have changed since a transaction; starts with the deleted ones.
-- Values: transactions_from.
CREATE TEMPORARY TABLE changed_key ON COMMIT DROP AS
SELECT DISTINCT table_name, key
FROM {conflict}.conflict_deleted_key
WHERE deleted_by >= %(transactions_from)s::xid8
