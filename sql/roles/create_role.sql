-- A role that may log in, and has no password: how it is let in is the administrator's to say. Identifiers: role.
CREATE ROLE {role} LOGIN
