-- Delete the recorded keys that are older than any baseline. Values: days.
DELETE FROM {conflict}.conflict_deleted_key WHERE deleted_at < now() - make_interval(days => %(days)s)
