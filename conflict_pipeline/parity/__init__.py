"""Whether `conflictvisitmaps` in Snowflake is the one in Postgres. Only IDs and names of columns come out."""
