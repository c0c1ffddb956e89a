-- Which tables have the triggers that note keys. Values: conflict_schema, analytics_schema, names.
SELECT pg_class.relname AS table_name, pg_trigger.tgname AS trigger_name
FROM pg_trigger
INNER JOIN pg_class ON pg_class.oid = pg_trigger.tgrelid
INNER JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace
WHERE pg_namespace.nspname IN (%(conflict_schema)s, %(analytics_schema)s) AND pg_trigger.tgname = ANY(%(names)s)
