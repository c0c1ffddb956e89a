-- The owners of the schemas and of the pipeline's tables and views that exist, where the connected user is not one of
-- them. Values: conflict_schema, analytics_schema, names.
SELECT found.object, pg_get_userbyid(found.owner)::text AS owner
FROM (
    SELECT 'schema ' || nspname AS object, nspowner AS owner, 1 AS rank
    FROM pg_namespace
    WHERE nspname IN (%(conflict_schema)s, %(analytics_schema)s)
    UNION ALL
    SELECT concat('table ', pg_namespace.nspname, '.', pg_class.relname), pg_class.relowner, 2
    FROM pg_class
    INNER JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace
    WHERE pg_namespace.nspname IN (%(conflict_schema)s, %(analytics_schema)s)
        AND pg_class.relname = ANY(%(names)s)
        AND pg_class.relkind IN ('r', 'p', 'v')
) AS found
WHERE NOT pg_has_role(found.owner, 'USAGE')
ORDER BY found.rank, found.object
