-- Cycles with more than five marked rows. Values: cycle_id.
SELECT count(*) AS failing FROM {conflict}.conflict_proof WHERE cycle_id = %(cycle_id)s AND marked > 5
