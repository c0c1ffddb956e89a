-- Decide in which sessions a trigger fires. Identifiers: table, trigger. Fragments: when (REPLICA, ALWAYS).
ALTER TABLE {table} ENABLE {when} TRIGGER {trigger}
