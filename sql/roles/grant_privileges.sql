-- Gives a role privileges on one object. Fragments: privileges, kind (TABLE, SEQUENCE, FUNCTION, SCHEMA, DATABASE).
-- Identifiers: object, role.
GRANT {privileges} ON {kind} {object} TO {role}
