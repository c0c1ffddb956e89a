"""Postgres: sessions, the embedded server, the schema, and roles. Knows nothing of steps and cycles."""
