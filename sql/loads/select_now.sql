-- Runs on Snowflake: the current time, in microseconds since 1970.
SELECT DATE_PART(EPOCH_MICROSECOND, CURRENT_TIMESTAMP()) AS MICROSECONDS
