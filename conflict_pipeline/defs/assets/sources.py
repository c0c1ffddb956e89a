"""External tables: those of the application, and the analytics tables if another tool loads them."""

from typing import Any

import dagster as dg

from conflict_pipeline.defs.assets import OWNERS
from conflict_pipeline.postgres import tables
from conflict_pipeline.settings import schema_name
from conflict_pipeline.steps import STEPS

# Tables with names, SSNs, addresses or visits of individuals.
_PHI_TABLES = {
    "conflict_chunks",
    "conflicts",
    "conflictvisitmaps",
    "conflictvisitmaps_temp",
    "dimcaregiver",
    "dimpatient",
    "dimpatientaddress",
    "excluded_ssn",
    "factvisitcallperformance_cr",
    "factvisitcallperformance_deleted_cr",
}
_DESCRIPTIONS = {
    "factvisitcallperformance_cr": "Visits: one row per visit of a caregiver in a patient's home.",
    "factdatarefreshstatus": "One row per finished upstream load.",
    "conflicts": "Parents of the conflict rows: one row per primary visit.",
    "settings": "Parameters of the rules: exactly one row.",
    "mph": "Speed bands: the average speed for distances of From to To miles.",
    "dimcaregiver": "Caregivers (aides): one row per caregiver and provider, one SSN per caregiver.",
    "dimprovider": "Providers (agencies).",
    "dimoffice": "Offices of the providers.",
    "dimpatient": "Patients: one row for the provider's record of a patient and one for the payer's.",
    "dimpatientaddress": "Addresses of patients, with coordinates.",
    "dimpayer": "Payers.",
    "dimpayerprovider": "Links between payers and providers that work together.",
    "dimcontract": "Contracts. A visit without a payer shows its contract.",
    "dimservicecode": "Service codes of visits.",
    "dimuser": "Users, such as the one who last updated a visit.",
    "excluded_agency": "Providers whose visits are left out.",
    "excluded_ssn": "Caregivers whose visits are left out.",
}


def column_schema(table: tables.Table) -> dg.TableSchema:
    """Return the columns of the table with types and descriptions."""
    return dg.TableSchema(
        [
            dg.TableColumn(
                column.name,
                column.type_name,
                description=column.description or None,
                constraints=dg.TableColumnConstraints(nullable=column.nullable),
            )
            for column in table.columns
        ]
    )


def phi_tag(table_name: str) -> dict[str, str]:
    """Return the tag that selects tables with protected health information."""
    return {"phi": str(table_name in _PHI_TABLES).lower()}


def table_metadata(table: tables.Table) -> dict[str, Any]:
    """Return the name of the table in the database, and its columns."""
    return {
        "dagster/table_name": f"{schema_name(table.schema)}.{table.name}",
        "dagster/column_schema": column_schema(table),
    }


def spec(table: tables.Table) -> dg.AssetSpec:
    """Return the table as an asset spec."""
    return dg.AssetSpec(
        table.name,
        description=_DESCRIPTIONS.get(table.name, f"Loaded from Snowflake into {table.schema}.{table.name}."),
        group_name="analytics" if table.schema == "analytics" else "application",
        kinds={"postgres"},
        owners=OWNERS,
        tags=phi_tag(table.name),
        metadata=table_metadata(table),
    )


def application_assets() -> list[dg.AssetSpec]:
    """Return the application's tables that no step keeps."""
    kept = {step.table for step in STEPS}
    return [
        spec(table) for table in tables.all_tables() if table.schema == "conflict" and table.name not in kept
    ]


def external_analytics_assets() -> list[dg.AssetSpec]:
    """Return the analytics tables as external assets, for when another tool loads them."""
    return [spec(table) for table in tables.all_tables() if table.schema == "analytics"]
