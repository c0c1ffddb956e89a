-- Takes the functions from users who were not granted them, because a function that runs with the rights of its owner
-- would write for any user who makes it the trigger of a table of their own.
REVOKE EXECUTE ON FUNCTION
{conflict}.note_changed_keys(), {conflict}.analyze_table(regclass), {conflict}.refuse_change()
FROM PUBLIC
