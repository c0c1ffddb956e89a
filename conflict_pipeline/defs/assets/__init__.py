"""The assets: tables that are loaded, read, or kept up to date."""

from conflict_pipeline.settings import asset_owner

OWNERS = [asset_owner()]
