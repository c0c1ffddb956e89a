"""Keeps the home-care visit conflict report in Postgres up to date, as Dagster assets."""
