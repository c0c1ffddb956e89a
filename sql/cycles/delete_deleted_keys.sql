-- Forgets keys that were deleted so long ago that no cycle goes back to before that. Values: days.
DELETE FROM {conflict}.conflict_deleted_key WHERE deleted_at < now() - make_interval(days => %(days)s)
