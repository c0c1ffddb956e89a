"""The assets: the tables of the report, from what is loaded to what is kept up to date."""

# Whom the UI names for all of them. Put your team here.
OWNERS = ["team:data-platform"]
