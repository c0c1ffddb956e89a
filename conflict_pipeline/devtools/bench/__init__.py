"""`conflict-pipeline bench`: what the update costs beside the least it can cost, on a real Postgres."""
