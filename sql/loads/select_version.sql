-- On Snowflake: its version.
SELECT CURRENT_VERSION() AS VERSION
