"""Tables that others fill: the application's, and the analytics tables where another tool loads them."""

from typing import Any

import dagster as dg

from conflict_pipeline.defs.assets import OWNERS
from conflict_pipeline.postgres import tables
from conflict_pipeline.settings import schema_name
from conflict_pipeline.steps import STEPS

# Tables that hold names, SSNs, addresses or visits of single persons.
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
    "settings": "The report's settings: exactly one row.",
    "mph": "Speed bands: the average speed for distances From..To miles.",
    "dimcaregiver": "Caregivers (aides): one row per caregiver and provider; the SSN tells who is the same.",
    "dimprovider": "Providers (agencies).",
    "dimoffice": "Offices of the providers.",
    "dimpatient": "Patients, as their provider and as their payer know them.",
    "dimpatientaddress": "Addresses of patients, with coordinates.",
    "dimpayer": "Payers.",
    "dimpayerprovider": "Which payers and providers work together.",
    "dimcontract": "Contracts, named where a visit has no payer.",
    "dimservicecode": "Service codes of visits.",
    "dimuser": "Users, who updated visits last.",
    "excluded_agency": "Providers that the report leaves out.",
    "excluded_ssn": "Caregivers that the report leaves out.",
}


def column_schema(table: tables.Table) -> dg.TableSchema:
    """The columns of a table as Dagster shows them."""
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
    """The tag of an asset by which tables with protected health information are selected."""
    return {"phi": str(table_name in _PHI_TABLES).lower()}


def table_metadata(table: tables.Table) -> dict[str, Any]:
    """The name of the table in the database, and its columns."""
    return {
        "dagster/table_name": f"{schema_name(table.schema)}.{table.name}",
        "dagster/column_schema": column_schema(table),
    }


def spec(table: tables.Table) -> dg.AssetSpec:
    """The table as an asset, whoever fills it."""
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
    """The application's tables that no step keeps."""
    kept = {step.table for step in STEPS}
    return [
        spec(table) for table in tables.all_tables() if table.schema == "conflict" and table.name not in kept
    ]


def external_analytics_assets() -> list[dg.AssetSpec]:
    """The analytics tables, where another tool loads them."""
    return [spec(table) for table in tables.all_tables() if table.schema == "analytics"]
