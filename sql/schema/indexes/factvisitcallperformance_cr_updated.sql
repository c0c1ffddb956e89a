-- Finds the visits that have changed since a time.
CREATE INDEX CONCURRENTLY IF NOT EXISTS factvisitcallperformance_cr_updated
ON {analytics}.factvisitcallperformance_cr ("Updated Datatimestamp")
