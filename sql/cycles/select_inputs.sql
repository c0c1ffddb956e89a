-- The inputs of a cycle, with which a later plan compares its own. transactions_from: the cycle may not have seen what
-- this transaction or a later one wrote. The other inputs are equal unless something has changed that concerns every row.
-- Values: cycle_id.
SELECT
    pg_snapshot_xmin(pg_current_snapshot())::text AS transactions_from,
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
    (SELECT max(whole_at)::text FROM {conflict}.load_watermark) AS whole_load
