"""The roles, and the one list of the privileges that each needs (docs/configuration.md, "Roles").

`schema apply` grants what the list says, `validate_config` fails where something of it is missing, and warns
of more.
"""

from collections.abc import Iterable, Mapping

from psycopg import sql

from conflict_pipeline.errors import name_some
from conflict_pipeline.postgres import schema, tables
from conflict_pipeline.postgres.privileges import (
    HeldPrivileges,
    Privileges,
    Target,
    grant_privileges,
    held_privileges,
    subtract,
    with_surroundings,
)
from conflict_pipeline.postgres.session import Session

OWNER, WORKER, READER, DAGSTER = "conflict_owner", "conflict_worker", "conflict_reader", "conflict_dagster"
ROLES = (OWNER, WORKER, READER, DAGSTER)
# The privileges that steps need beyond SELECT, by table name.
Writes = Mapping[str, frozenset[str]]

# Owner and Dagster create their schemas themselves.
_ON_DATABASE = {
    OWNER: {"CONNECT", "CREATE", "TEMPORARY"},
    WORKER: {"CONNECT", "TEMPORARY"},
    READER: {"CONNECT", "TEMPORARY"},
    DAGSTER: {"CONNECT", "CREATE"},
}
# What the engine itself writes, by table name; the tables that steps write are passed as `writes`.
_ENGINE_WRITES = {
    "settings": frozenset({"UPDATE"}),
    "conflict_cycle": frozenset({"INSERT", "UPDATE"}),
    "conflict_chunk": frozenset({"INSERT", "UPDATE"}),
    "conflict_step": frozenset({"INSERT", "UPDATE"}),
    "conflict_cycle_input": frozenset({"INSERT", "DELETE"}),
    "conflict_upstream_load": frozenset({"INSERT"}),
    "conflict_changed_row": frozenset({"INSERT", "DELETE"}),
    "conflict_visit": frozenset({"INSERT", "UPDATE"}),
    "conflict_changed_key": frozenset({"DELETE"}),
}
# What loads write in addition to every analytics table.
_LOAD_WRITES = {
    "load_watermark": frozenset({"INSERT", "UPDATE"}),
    "load_slice": frozenset({"INSERT", "UPDATE", "DELETE"}),
    **{
        tables.staging_name(name): frozenset({"INSERT", "DELETE", "TRUNCATE"})
        for name in tables.STAGED_TABLES
    },
}
# What the HTML report and the status read. Not the chunks, nor other tables with private values.
_READ_BY_READER = (
    "conflictvisitmaps",
    "conflictvisitmaps_temp",
    "conflict_cycle",
    "conflict_step",
    "conflict_chunk_status",
    "conflict_cycle_status",
    "mph",
)


def create_roles(session: Session) -> list[str]:
    """Create missing roles, let them use this database, and return what was done, a line each.

    The connected user must be allowed to create roles, and to grant on the database.
    """
    done = []
    with session.transaction():
        existing = _existing_roles(session)
        for role in ROLES:
            if role not in existing:
                session.execute("roles/create_role", role=sql.Identifier(role))
                done.append(f"created role {role}")
            (database,) = _databases(held_privileges(session, role))
            grant_privileges(session, role, {database: _ON_DATABASE[role]})
    return done


def grant(session: Session, writes: Writes, *, loads: bool) -> list[str]:
    """Grant worker and reader, where the server has them, what they lack; return what was done, a line each.

    `loads`: the worker fills the analytics tables too. The connected user must own the tables.
    """
    done = []
    with session.transaction():
        existing = _existing_roles(session)
        for role in (WORKER, READER):
            if role not in existing:
                continue
            held = held_privileges(session, role)
            if role == WORKER:
                needed = _needed_by_worker(session, held, writes, loads=loads)
            else:
                needed = _needed_by_reader(session, held)
            count = grant_privileges(session, role, subtract(needed, held.privileges))
            if count:
                done.append(f"granted {role} {count} privileges")
    return done


def missing(session: Session, writes: Writes, *, loads: bool = False) -> list[str]:
    """Return the privileges that the connected user lacks: 'UPDATE on "conflict"."mph"', a line each.

    `loads`: it fills the analytics tables too. Objects that do not exist need no privilege.
    """
    held = held_privileges(session)
    lacking = subtract(_needed_by_worker(session, held, writes, loads=loads), held.privileges)
    return [
        f"{privilege} on {target}"
        for target in sorted(lacking, key=str)
        for privilege in sorted(lacking[target])
    ]


def tables_with_policies(session: Session) -> list[str]:
    """Return the pipeline's tables of which a policy may hide rows from the connected user."""
    rows = session.rows("roles/select_tables_with_policies", session.schema_values)
    own = {(session.schema_names[role], name) for role, name in schema.relations()}
    found = [(row["schema_name"], row["name"]) for row in rows]
    return [sql.Identifier(*table).as_string() for table in found if table in own]


def surplus(session: Session, writes: Writes, *, loads: bool, own_schemas: Iterable[str]) -> list[str]:
    """Describe in a few phrases what the connected user may do beyond what the pipeline needs.

    `own_schemas`: schemas, apart from the pipeline's, in which it may create objects.
    """
    role = session.one("roles/select_role", session.schema_values)
    if role["is_superuser"]:
        return ["it is a superuser"]
    held = held_privileges(session)
    needed = _needed_by_worker(session, held, writes, loads=loads)
    for name in own_schemas:
        needed[Target("SCHEMA", None, name)] = {"USAGE", "CREATE"}
    more = subtract(held.privileges, needed)
    found = list(role["attributes"])
    if held.owned:
        found.append(f"it owns {len(held.owned)} tables, views and sequences")
    targets: dict[str, list[str]] = {}
    for target in sorted(set(more) - held.owned, key=str):
        # USAGE of a schema alone gives access to nothing in it, and CONNECT was needed to ask.
        for privilege in more[target] - {"USAGE", "CONNECT"}:
            targets.setdefault(privilege, []).append(str(target))
    for privilege, names in sorted(targets.items()):
        found.append(f"{privilege} on {name_some(names, most=3)}")
    return found


def _needed_by_worker(session: Session, held: HeldPrivileges, writes: Writes, *, loads: bool) -> Privileges:
    writes = {**_ENGINE_WRITES, **writes, **(_LOAD_WRITES if loads else {})}
    # Every plan reads how far loads have come.
    unread = set() if loads else _LOAD_WRITES.keys() - {"load_watermark"}
    analytics = session.schema_names["analytics"]
    loaded = {table.name for table in tables.all_tables() if table.schema == "analytics"} if loads else set()
    needed: Privileges = {}
    for target in _own_tables(session, held):
        wanted = set(writes.get(target.name, ()))
        if target.schema == analytics and target.name in loaded:
            wanted |= {"INSERT", "UPDATE", "DELETE"}
        if target.name not in unread:
            wanted.add("SELECT")
        if wanted:
            needed[target] = wanted
    analyze = Target("FUNCTION", session.schema_names["conflict"], "analyze_table")
    if analyze in held.privileges:
        needed[analyze] = {"EXECUTE"}
    return with_surroundings(held, needed)


def _needed_by_reader(session: Session, held: HeldPrivileges) -> Privileges:
    conflict = session.schema_names["conflict"]
    needed = {
        target: {"SELECT"}
        for target in _own_tables(session, held)
        if target.schema == conflict and target.name in _READ_BY_READER
    }
    return with_surroundings(held, needed)


def _own_tables(session: Session, held: HeldPrivileges) -> Iterable[Target]:
    """Return the pipeline's tables and views that exist; the schemas may hold others too."""
    own = {(session.schema_names[role], name) for role, name in schema.relations()}
    return [
        target for target in held.privileges if target.kind == "TABLE" and (target.schema, target.name) in own
    ]


def _databases(held: HeldPrivileges) -> list[Target]:
    return [target for target in held.privileges if target.kind == "DATABASE"]


def _existing_roles(session: Session) -> set[str]:
    return {row["name"] for row in session.rows("roles/select_roles", {"names": list(ROLES)})}
