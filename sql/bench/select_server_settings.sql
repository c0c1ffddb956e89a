-- Server settings as a person would write them; one that this version does not know is not returned.
-- Values: names.
SELECT name, current_setting(name) AS value FROM pg_settings WHERE name = ANY(%(names)s) ORDER BY name
