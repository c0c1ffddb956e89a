-- A role that may log in. It has no password, because the administrator decides how it authenticates.
-- Identifiers: role.
CREATE ROLE {role} LOGIN
