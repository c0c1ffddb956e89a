"""Connections to the outside: Postgres, the embedded server, Snowflake."""
