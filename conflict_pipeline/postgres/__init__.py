"""Connections to the outside: Postgres, its embedded stand-in, Snowflake."""
