-- Put all visits of the window in the place of a chunk's rows, so that create_visits enriches every one of them.
-- Values: window_start, window_end.
CREATE TEMPORARY TABLE chunk_row ON COMMIT DROP AS
SELECT "Visit Id"::text AS visit_id, NULL::text AS con_visit_id
FROM {analytics}.factvisitcallperformance_cr
WHERE "Visit Date" BETWEEN %(window_start)s AND %(window_end)s
