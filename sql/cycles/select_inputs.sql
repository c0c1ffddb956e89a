-- The inputs of a cycle, with which a later plan compares its own. transactions_from: the cycle may not have seen what
-- this transaction or a later one wrote. visits_updated_until: visits that arrive later have a newer time of change,
-- except for the overlap of loads; NULL before the first visit. The other inputs are equal unless something has changed
-- that concerns every row. files: changes when a table is emptied, rewritten or replaced; without the tables whose
-- deleted or changed keys are not recorded. Values: cycle_id, conflict_schema, analytics_schema, tables.
SELECT
    pg_snapshot_xmin(pg_current_snapshot())::text AS transactions_from,
    (
        SELECT CASE WHEN max("Updated Datatimestamp") IS NOT NULL THEN least(
            max("Updated Datatimestamp"),
            now(),
            (SELECT watermark FROM {conflict}.load_watermark WHERE table_name = 'factvisitcallperformance_cr')
        ) END
        FROM {analytics}.factvisitcallperformance_cr
    )::text AS visits_updated_until,
    current_setting('TimeZone') AS time_zone,
    (SELECT string_agg("ExtraDistancePer"::text, ',') FROM {planned_settings} AS settings) AS settings,
    (SELECT md5(string_agg(mph::text, ',' ORDER BY mph::text COLLATE "C")) FROM {planned_mph} AS mph) AS speed_bands,
    (
        SELECT md5(string_agg(excluded::text, ',' ORDER BY excluded::text COLLATE "C"))
        FROM (
            SELECT 'agency', "ProviderID" FROM {planned_excluded_agency} AS agency
            UNION
            SELECT 'SSN', "SSN" FROM {planned_excluded_ssn} AS ssn
        ) AS excluded
    ) AS exclusions,
    (
        SELECT md5(string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod)), ',' ORDER BY attnum))
        FROM pg_attribute
        WHERE attrelid = to_regclass(format('%%I.conflictvisitmaps', %(conflict_schema)s::text))
            AND attnum > 0
            AND NOT attisdropped
    ) AS columns,
    (SELECT max(whole_at)::text FROM {conflict}.load_watermark) AS whole_load,
    (
        SELECT coalesce(jsonb_object_agg(pg_class.relname, pg_relation_filenode(pg_class.oid)), '{{}}')
        FROM pg_class
        INNER JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace
        WHERE pg_namespace.nspname = %(analytics_schema)s
            AND pg_class.relname = ANY(%(tables)s)
            AND 2 = (
                SELECT count(*)
                FROM pg_trigger
                WHERE pg_trigger.tgrelid = pg_class.oid
                    AND pg_trigger.tgname IN ('conflict_note_deleted_key', 'conflict_note_changed_key')
                    AND pg_trigger.tgenabled IN ('O', 'A')
            )
    ) AS files
