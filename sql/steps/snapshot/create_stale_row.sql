-- The rows that may differ between snapshot and table: written or deleted since the snapshot, or their parent was, or
-- their date has entered or left the window.
-- Values: transactions_from, window_start, window_end, baseline_window_start, baseline_window_end.
CREATE TEMPORARY TABLE stale_row ON COMMIT DROP AS
WITH stale_parent AS MATERIALIZED (
    SELECT "CONFLICTID" AS parent_id
    FROM {conflict}.conflicts
    WHERE age(xmin) BETWEEN 0 AND (SELECT age(%(transactions_from)s::xid8::xid))
    UNION
    SELECT {noted_id}
    FROM {conflict}.conflict_changed_key
    WHERE table_name = 'conflicts' AND changed_by >= %(transactions_from)s::xid8
)

SELECT cvm."ID" AS row_id
FROM {conflict}.conflictvisitmaps AS cvm
WHERE age(cvm.xmin) BETWEEN 0 AND (SELECT age(%(transactions_from)s::xid8::xid))
    OR (
        (%(window_start)s::date, %(window_end)s::date) <> (%(baseline_window_start)s::date, %(baseline_window_end)s::date)
        AND (cvm."VisitDate" BETWEEN %(window_start)s AND %(window_end)s)
        <> (cvm."VisitDate" BETWEEN %(baseline_window_start)s AND %(baseline_window_end)s)
    )
    OR ((SELECT EXISTS (SELECT FROM stale_parent)) AND cvm."CONFLICTID" IN (SELECT parent_id FROM stale_parent))
UNION
SELECT {noted_id}
FROM {conflict}.conflict_changed_key
WHERE table_name = 'conflictvisitmaps' AND changed_by >= %(transactions_from)s::xid8
