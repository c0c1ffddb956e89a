-- Delete the noted keys that are older than any baseline: noted before the plan of a cycle that is as old.
-- Values: days.
DELETE FROM {conflict}.conflict_changed_key
WHERE changed_at < now() - make_interval(days => %(days)s)
    -- By the index, so that the plan does not read the keys of the last days.
    AND changed_by < (
        SELECT max((inputs ->> 'transactions_from')::bigint)::text::xid8
        FROM {conflict}.conflict_cycle
        WHERE planned_at < now() - make_interval(days => %(days)s)
    )
