-- The eligible rows that an incremental cycle has to look at: rows of a visit that has changed, rows that were not in the
-- window before, and rows that other sessions have written since the baseline. Rows that completed chunks wrote depend on
-- the same inputs or newer ones, unless their cycle had other lists, rules or another window than the baseline and the
-- new cycle. Values: cycle_id, baseline_cycle_id, transactions_from, window_start, window_end, baseline_window_start,
-- baseline_window_end.
INSERT INTO {conflict}.conflict_changed_row (cycle_id, visit_date, ssn, row_id)
SELECT %(cycle_id)s, cvm."VisitDate", coalesce(cvm."SSN", ''), cvm."ID"
FROM {conflict}.conflictvisitmaps AS cvm
WHERE {is_eligible}
    AND (
        (
            age(cvm.xmin) BETWEEN 0 AND (SELECT age(%(transactions_from)s::xid8::xid))
            AND cvm.xmin NOT IN (
                SELECT chunk.written_by::xid
                FROM {conflict}.conflict_cycle AS baseline
                INNER JOIN {conflict}.conflict_cycle AS cycle
                    ON cycle.cycle_id = baseline.cycle_id
                    OR (
                        cycle.cycle_id > baseline.cycle_id
                        AND cycle.inputs - 'transactions_from' = baseline.inputs - 'transactions_from'
                        AND (
                            (cycle.window_start, cycle.window_end) = (baseline.window_start, baseline.window_end)
                            OR (cycle.window_start, cycle.window_end) = (%(window_start)s, %(window_end)s)
                        )
                    )
                INNER JOIN {conflict}.conflict_chunk AS chunk ON chunk.cycle_id = cycle.cycle_id
                WHERE baseline.cycle_id = %(baseline_cycle_id)s
                    AND chunk.state = 'completed'
                    -- Not a ledger of another server, nor a chunk that was processed again after its cycle.
                    AND chunk.written_by::xid = chunk.xmin
                    AND (cycle.closed_by IS NULL OR chunk.written_by < cycle.closed_by)
            )
        )
        OR cvm."VisitDate" NOT BETWEEN %(baseline_window_start)s AND %(baseline_window_end)s
        -- Most nights end here, and nothing more of the wide rows is read.
        OR (
            (SELECT EXISTS (SELECT FROM changed_visit))
            AND (
                cvm."VisitID" IN (SELECT visit_id FROM changed_visit)
                OR cvm."ConVisitID" IN (SELECT visit_id FROM changed_visit)
            )
        )
    )
