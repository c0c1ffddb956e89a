-- Select server settings with their units; a setting that this version lacks is not returned.
-- Values: names.
SELECT name, current_setting(name) AS value FROM pg_settings WHERE name = ANY(%(names)s) ORDER BY name
