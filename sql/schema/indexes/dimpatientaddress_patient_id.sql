-- Finds the addresses of a patient.
CREATE INDEX CONCURRENTLY IF NOT EXISTS dimpatientaddress_patient_id
ON {analytics}.dimpatientaddress ("Patient Id")
