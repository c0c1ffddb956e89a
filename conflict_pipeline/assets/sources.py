"""Tables that others fill: the analytics tables, and what the application writes in the conflict schema."""

import dagster as dg

from conflict_pipeline import schema

_WRITTEN_HERE = {"conflictvisitmaps", "conflictvisitmaps_temp", "payer_provider_reminders"}
_DESCRIPTIONS = {
    "factvisitcallperformance_cr": "Visits: one row per visit of a caregiver in a patient's home.",
    "factdatarefreshstatus": "One row per finished upstream load.",
    "conflicts": "Parents of the conflict rows: one row per primary visit.",
    "settings": "The report's settings: exactly one row.",
    "mph": "Speed bands: the average speed for distances From..To miles.",
    "excluded_agency": "Providers that the report leaves out.",
    "excluded_ssn": "Caregivers that the report leaves out.",
}


def column_schema(table: schema.Table) -> dg.TableSchema:
    """The columns of a table as Dagster shows them."""
    return dg.TableSchema(
        [
            dg.TableColumn(
                column.name, column.type_name, constraints=dg.TableColumnConstraints(nullable=column.nullable)
            )
            for column in table.columns
        ]
    )


source_assets = [
    dg.AssetSpec(
        table.name,
        description=_DESCRIPTIONS.get(table.name, f"Loaded from Snowflake into {table.schema}.{table.name}."),
        group_name="analytics" if table.schema == "analytics" else "application",
        kinds={"postgres"},
        metadata={"dagster/column_schema": column_schema(table)},
    )
    for table in schema.tables()
    if table.name not in _WRITTEN_HERE
]
