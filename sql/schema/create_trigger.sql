-- Create or renew a trigger. Identifiers: trigger, table, function. Fragments: event, level, arguments.
CREATE OR REPLACE TRIGGER {trigger} {event} ON {table}
{level} EXECUTE FUNCTION {conflict}.{function}({arguments})
