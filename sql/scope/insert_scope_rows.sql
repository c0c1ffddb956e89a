-- The eligible rows that a cycle has to look at: those of a visit that has changed, those that were not in the window
-- before, and those that somebody else has written since. What chunks wrote that completed rests on the same inputs
-- or newer ones. Values: cycle_id, base_cycle_id, transactions_from, window_start, window_end, base_window_start,
-- base_window_end.
INSERT INTO {conflict}.conflict_scope_row (cycle_id, visit_date, ssn, row_id)
SELECT %(cycle_id)s, cvm."VisitDate", coalesce(cvm."SSN", ''), cvm."ID"
FROM {conflict}.conflictvisitmaps AS cvm
WHERE cvm."CONFLICTID" IS NOT NULL
    AND cvm."VisitDate" BETWEEN %(window_start)s AND %(window_end)s
    AND (
        (
            age(cvm.xmin) BETWEEN 0 AND (SELECT age(%(transactions_from)s::xid8::xid))
            AND cvm.xmin NOT IN (
                SELECT written_by::xid
                FROM {conflict}.conflict_chunk
                CROSS JOIN LATERAL (VALUES (mark_transaction), (update_transaction)) AS transaction (written_by)
                WHERE cycle_id >= %(base_cycle_id)s AND state = 'completed' AND written_by IS NOT NULL
            )
        )
        OR cvm."VisitDate" NOT BETWEEN %(base_window_start)s AND %(base_window_end)s
        -- most days end here, and nothing more is read of the wide rows
        OR (
            (SELECT EXISTS (SELECT FROM changed_visit))
            AND (
                cvm."VisitID" IN (SELECT visit_id FROM changed_visit)
                OR cvm."ConVisitID" IN (SELECT visit_id FROM changed_visit)
            )
        )
    )
