-- When the newest of the rows that arrived was changed; NULL if nobody knows. Identifiers: stage, updated.
SELECT max({updated}) AS newest FROM {stage}
