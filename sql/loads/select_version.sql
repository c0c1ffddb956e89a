-- Runs on Snowflake: its version.
SELECT CURRENT_VERSION() AS VERSION
