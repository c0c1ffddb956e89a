-- Write the new values of the re-detected rows, and record rows that leave the chunk's key range. One row of counts
-- comes back. Identifiers: new_values (select_new_values.sql), assignments, condition (on cvm and detected: TRUE, or
-- that a value differs). Values: cycle_id, chunk_id, from_date, from_ssn, to_date, to_ssn.
WITH detected AS MATERIALIZED (
    {new_values}
),

updated AS (
    UPDATE {conflict}.conflictvisitmaps AS cvm
    SET
        {assignments}
    FROM detected
    WHERE cvm."ID" = detected.row_id AND {condition}
    RETURNING cvm."ID"
),

moved AS (
    INSERT INTO {conflict}.conflict_moved_row (cycle_id, row_id, chunk_id)
    SELECT %(cycle_id)s, row_id, %(chunk_id)s
    FROM detected
    WHERE ("VisitDate", coalesce("SSN", '') COLLATE "C") < (%(from_date)s::date, %(from_ssn)s::text)
        OR ("VisitDate", coalesce("SSN", '') COLLATE "C") >= (%(to_date)s::date, %(to_ssn)s::text)
    ON CONFLICT DO NOTHING
)

SELECT
    count(*) AS redetected,
    jsonb_build_object(
        'SameSchTimeFlag', count(*) FILTER (WHERE pair."SameSchTimeFlag"),
        'SameVisitTimeFlag', count(*) FILTER (WHERE pair."SameVisitTimeFlag"),
        'SchAndVisitTimeSameFlag', count(*) FILTER (WHERE pair."SchAndVisitTimeSameFlag"),
        'SchOverAnotherSchTimeFlag', count(*) FILTER (WHERE pair."SchOverAnotherSchTimeFlag"),
        'VisitTimeOverAnotherVisitTimeFlag', count(*) FILTER (WHERE pair."VisitTimeOverAnotherVisitTimeFlag"),
        'SchTimeOverVisitTimeFlag', count(*) FILTER (WHERE pair."SchTimeOverVisitTimeFlag"),
        'DistanceFlag', count(*) FILTER (WHERE pair."DistanceFlag")
    ) AS redetected_by_rule,
    (
        SELECT count(*)
        FROM chunk_row
        INNER JOIN {conflict}.conflictvisitmaps AS cvm ON cvm."ID" = chunk_row.row_id
        WHERE num_nonnulls(
            cvm."InserviceStartDate", cvm."InserviceEndDate", cvm."PTOStartDate", cvm."PTOEndDate",
            cvm."ConInserviceStartDate", cvm."ConInserviceEndDate", cvm."ConPTOStartDate", cvm."ConPTOEndDate"
        ) > 0
    ) AS guarded,
    (SELECT coalesce(sum(bad_gps), 0) FROM visit) AS bad_gps,
    (SELECT count(*) FROM updated) AS updated
FROM detected
INNER JOIN pair USING (row_id)
