"""Sensors: a cycle after each upstream load, a run for each chunk, the end of a cycle, and failures.

They are stateless except for the time of the last alert about stuck chunks. All other state is in the ledger
and in Dagster's runs, so after a day without the daemon they continue from the current state. Failed chunks
are left to an operator (`conflict-pipeline retry`, or the UI); stuck chunks are started again.
"""
