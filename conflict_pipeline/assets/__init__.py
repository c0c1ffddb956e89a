"""The assets: the tables of the report, from what is loaded to what is kept up to date."""
