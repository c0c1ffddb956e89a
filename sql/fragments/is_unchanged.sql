-- Row cvm is still the one that looked_up, its row of chunk_row, was filled from: eligible, and of the same visits. In a
-- CASE, because the planner would take equal visits for rare and scan the other tables for each row.
-- Values: window_start, window_end.
CASE
    WHEN {is_eligible}
        THEN cvm."VisitID" IS NOT DISTINCT FROM looked_up.visit_id
            AND cvm."ConVisitID" IS NOT DISTINCT FROM looked_up.con_visit_id
    ELSE FALSE
END
