-- The latest time of change among the staged rows; NULL if none has one. Identifiers: stage, updated.
SELECT max({updated}) AS newest FROM {stage}
