"""Compares `conflictvisitmaps` in Snowflake and Postgres; results hold IDs and column names, never values."""
