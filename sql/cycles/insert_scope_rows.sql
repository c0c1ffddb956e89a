-- The eligible rows that a cycle has to look at: those of a visit that has changed, those that were not in the window
-- before, and those that somebody else has written since. What chunks wrote that completed rests on the same inputs
-- or newer ones; but for cycles since the base that had other lists, rules or windows than it and the new one, or that
-- noted neither these nor what the visits of their rows are enriched from. Values: cycle_id, base_cycle_id,
-- transactions_from, window_start, window_end, base_window_start, base_window_end.
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
                FROM {conflict}.conflict_cycle AS base
                INNER JOIN {conflict}.conflict_cycle AS cycle
                    ON cycle.cycle_id = base.cycle_id
                    OR (
                        cycle.cycle_id > base.cycle_id
                        AND cycle.inputs - 'transactions_from' - 'visits_updated_until'
                        = base.inputs - 'transactions_from' - 'visits_updated_until'
                        AND (
                            (cycle.window_start, cycle.window_end) = (base.window_start, base.window_end)
                            OR (cycle.window_start, cycle.window_end) = (%(window_start)s, %(window_end)s)
                        )
                    )
                INNER JOIN {conflict}.conflict_chunk AS chunk ON chunk.cycle_id = cycle.cycle_id
                CROSS JOIN LATERAL (VALUES (mark_transaction), (update_transaction)) AS transaction (written_by)
                WHERE base.cycle_id = %(base_cycle_id)s AND chunk.state = 'completed' AND written_by IS NOT NULL
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
