-- Row cvm is still the one that looked_up, its row of chunk_row, was filled from: eligible, and of the same visits.
-- Values: window_start, window_end.
(
    {is_eligible}
    AND cvm."VisitID" IS NOT DISTINCT FROM looked_up.visit_id
    AND cvm."ConVisitID" IS NOT DISTINCT FROM looked_up.con_visit_id
)
