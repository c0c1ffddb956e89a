"""Loads of the analytics tables from Snowflake into Postgres."""
