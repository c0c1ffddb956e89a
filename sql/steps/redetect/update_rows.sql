-- Write the re-detected rows but those under in-service or PTO, and record rows that leave the chunk's key range. One row
-- of counts comes back. Identifiers: new_values (select_new_values.sql), assignments of these, differs (that one of these
-- is another, or TRUE to write also rows that are as they should be). Values: cycle_id, chunk_id, from_date, from_ssn,
-- to_date, to_ssn.
WITH updated AS (
    UPDATE {conflict}.conflictvisitmaps AS cvm
    SET
        -- a rule's column changes only from N, a status only where no person has set it
        "SameSchTimeFlag" = CASE
            WHEN cvm."SameSchTimeFlag" = 'N' AND pair."SameSchTimeFlag" THEN 'Y'
            ELSE cvm."SameSchTimeFlag"
        END,
        "SameVisitTimeFlag" = CASE
            WHEN cvm."SameVisitTimeFlag" = 'N' AND pair."SameVisitTimeFlag" THEN 'Y'
            ELSE cvm."SameVisitTimeFlag"
        END,
        "SchAndVisitTimeSameFlag" = CASE
            WHEN cvm."SchAndVisitTimeSameFlag" = 'N' AND pair."SchAndVisitTimeSameFlag" THEN 'Y'
            ELSE cvm."SchAndVisitTimeSameFlag"
        END,
        "SchOverAnotherSchTimeFlag" = CASE
            WHEN cvm."SchOverAnotherSchTimeFlag" = 'N' AND pair."SchOverAnotherSchTimeFlag" THEN 'Y'
            ELSE cvm."SchOverAnotherSchTimeFlag"
        END,
        "VisitTimeOverAnotherVisitTimeFlag" = CASE
            WHEN cvm."VisitTimeOverAnotherVisitTimeFlag" = 'N' AND pair."VisitTimeOverAnotherVisitTimeFlag" THEN 'Y'
            ELSE cvm."VisitTimeOverAnotherVisitTimeFlag"
        END,
        "SchTimeOverVisitTimeFlag" = CASE
            WHEN cvm."SchTimeOverVisitTimeFlag" = 'N' AND pair."SchTimeOverVisitTimeFlag" THEN 'Y'
            ELSE cvm."SchTimeOverVisitTimeFlag"
        END,
        "DistanceFlag" = CASE
            WHEN cvm."DistanceFlag" = 'N' AND pair."DistanceFlag" THEN 'Y'
            ELSE cvm."DistanceFlag"
        END,
        "StatusFlag" = CASE WHEN cvm."StatusFlag" NOT IN ('W', 'I') THEN 'U' ELSE cvm."StatusFlag" END,
        {assignments}
    FROM ({new_values}) AS new_value
    INNER JOIN pair USING (row_id)
    WHERE cvm."ID" = pair.row_id
        AND (
            cvm."InserviceStartDate", cvm."InserviceEndDate", cvm."PTOStartDate", cvm."PTOEndDate",
            cvm."ConInserviceStartDate", cvm."ConInserviceEndDate", cvm."ConPTOStartDate", cvm."ConPTOEndDate"
        ) IS NULL
        AND (
            (cvm."SameSchTimeFlag" = 'N' AND pair."SameSchTimeFlag")
            OR (cvm."SameVisitTimeFlag" = 'N' AND pair."SameVisitTimeFlag")
            OR (cvm."SchAndVisitTimeSameFlag" = 'N' AND pair."SchAndVisitTimeSameFlag")
            OR (cvm."SchOverAnotherSchTimeFlag" = 'N' AND pair."SchOverAnotherSchTimeFlag")
            OR (cvm."VisitTimeOverAnotherVisitTimeFlag" = 'N' AND pair."VisitTimeOverAnotherVisitTimeFlag")
            OR (cvm."SchTimeOverVisitTimeFlag" = 'N' AND pair."SchTimeOverVisitTimeFlag")
            OR (cvm."DistanceFlag" = 'N' AND pair."DistanceFlag")
            OR cvm."StatusFlag" NOT IN ('W', 'I', 'U')
            OR {differs}
        )
    RETURNING cvm."ID", cvm."VisitDate", cvm."SSN"
),

-- What was written is not guarded: only the other rows are read once more.
guarded AS MATERIALIZED (
    SELECT chunk_row.row_id
    FROM chunk_row
    LEFT JOIN updated ON updated."ID" = chunk_row.row_id
    INNER JOIN {conflict}.conflictvisitmaps AS cvm ON cvm."ID" = chunk_row.row_id
    WHERE updated."ID" IS NULL
        AND NOT (
            cvm."InserviceStartDate", cvm."InserviceEndDate", cvm."PTOStartDate", cvm."PTOEndDate",
            cvm."ConInserviceStartDate", cvm."ConInserviceEndDate", cvm."ConPTOStartDate", cvm."ConPTOEndDate"
        ) IS NULL
),

moved AS (
    INSERT INTO {conflict}.conflict_moved_row (cycle_id, row_id, chunk_id)
    SELECT %(cycle_id)s, "ID", %(chunk_id)s
    FROM updated
    WHERE ("VisitDate", coalesce("SSN", '') COLLATE "C") < (%(from_date)s::date, %(from_ssn)s::text)
        OR ("VisitDate", coalesce("SSN", '') COLLATE "C") >= (%(to_date)s::date, %(to_ssn)s::text)
    ON CONFLICT DO NOTHING
)

SELECT
    count(*) AS redetected,
    jsonb_build_object(
        'SameSchTimeFlag', count(*) FILTER (WHERE "SameSchTimeFlag"),
        'SameVisitTimeFlag', count(*) FILTER (WHERE "SameVisitTimeFlag"),
        'SchAndVisitTimeSameFlag', count(*) FILTER (WHERE "SchAndVisitTimeSameFlag"),
        'SchOverAnotherSchTimeFlag', count(*) FILTER (WHERE "SchOverAnotherSchTimeFlag"),
        'VisitTimeOverAnotherVisitTimeFlag', count(*) FILTER (WHERE "VisitTimeOverAnotherVisitTimeFlag"),
        'SchTimeOverVisitTimeFlag', count(*) FILTER (WHERE "SchTimeOverVisitTimeFlag"),
        'DistanceFlag', count(*) FILTER (WHERE "DistanceFlag")
    ) AS redetected_by_rule,
    (SELECT count(*) FROM guarded) AS guarded,
    (SELECT coalesce(sum(bad_gps), 0) FROM visit) AS bad_gps,
    (SELECT count(*) FROM updated) AS updated
FROM pair
LEFT JOIN guarded USING (row_id)
WHERE guarded.row_id IS NULL
