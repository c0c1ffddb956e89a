"""Who may do what: the roles, and the one list of the privileges that each needs (README, "Roles and TLS").

The list is what `schema apply` grants, what `validate_config` finds lacking, and beyond which it warns.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from psycopg import sql

from conflict_pipeline.postgres import schema, tables
from conflict_pipeline.postgres.session import Session

OWNER, WORKER, READER, DAGSTER = "conflict_owner", "conflict_worker", "conflict_reader", "conflict_dagster"
ROLES = (OWNER, WORKER, READER, DAGSTER)

# An owner and Dagster create their schemas themselves.
_ON_DATABASE = {
    OWNER: ("CONNECT", "CREATE", "TEMPORARY"),
    WORKER: ("CONNECT", "TEMPORARY"),
    READER: ("CONNECT", "TEMPORARY"),
    DAGSTER: ("CONNECT", "CREATE"),
}
# What the engine itself writes, by table name; the tables that steps write are passed as `writes`.
_ENGINE_WRITES = {
    "settings": frozenset({"UPDATE"}),
    "conflict_cycle": frozenset({"INSERT", "UPDATE"}),
    "conflict_chunk": frozenset({"INSERT", "UPDATE"}),
    "conflict_step": frozenset({"INSERT", "UPDATE"}),
    "conflict_changed_row": frozenset({"INSERT", "DELETE"}),
    "conflict_visit": frozenset({"INSERT", "UPDATE"}),
    "conflict_deleted_key": frozenset({"DELETE"}),
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
# What the report and the status are made of. Not the ledger's chunks, nor other tables with private values.
_READ_BY_READER = (
    "conflictvisitmaps",
    "conflictvisitmaps_temp",
    "conflict_cycle",
    "conflict_step",
    "conflict_chunk_status",
    "conflict_cycle_status",
    "mph",
)
_MOST_NAMED = 3


@dataclass(frozen=True, order=True)
class Target:
    """A table (a view too), sequence, schema or the database; `schema` of the first two alone."""

    kind: str
    schema: str | None
    name: str

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name) if self.schema else sql.Identifier(self.name)

    def __str__(self) -> str:
        kind = "" if self.kind == "TABLE" else f"{self.kind} "
        return f"{kind}{self.identifier.as_string()}"


Privileges = dict[Target, set[str]]
# The privileges that steps need beyond SELECT, by table name.
Writes = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class _Held:
    """What a role may do with what exists; `owned` by it are the targets that it may do anything with."""

    privileges: Privileges
    owned: set[Target]
    # The tables whose columns take their defaults from a sequence.
    used_by: dict[Target, set[Target]]


def create_roles(session: Session) -> list[str]:
    """Create the roles that are missing, and let them use this database; returns what was done, a line each.

    The connected user must be allowed to create roles, and to grant on the database.
    """
    done = []
    with session.transaction():
        existing = _existing(session)
        for role in ROLES:
            if role not in existing:
                session.execute("roles/create_role", role=sql.Identifier(role))
                done.append(f"created role {role}")
            (database,) = [target for target in _held(session, role).privileges if target.kind == "DATABASE"]
            _grant(session, role, {database: set(_ON_DATABASE[role])})
    return done


def grant(session: Session, writes: Writes, *, loads: bool) -> list[str]:
    """Grant worker and reader, where the server has them, what they lack; return what was done, a line each.

    `loads`: the worker fills the analytics tables too. The connected user must own the tables.
    """
    done = []
    with session.transaction():
        for role in (WORKER, READER):
            if role not in _existing(session):
                continue
            held = _held(session, role)
            if role == WORKER:
                needed = _needed_by_worker(session, held, writes, loads=loads)
            else:
                needed = _needed_by_reader(session, held)
            lacking = _without(needed, held.privileges)
            _grant(session, role, lacking)
            if lacking:
                done.append(f"granted {role} {_count(lacking)} privileges")
    return done


def missing(session: Session, writes: Writes, *, loads: bool = False) -> list[str]:
    """Return the privileges that the connected user lacks: "UPDATE on "conflict"."mph"", a line each.

    `loads`: it fills the analytics tables too. What does not exist needs no privilege.
    """
    held = _held(session)
    lacking = _without(_needed_by_worker(session, held, writes, loads=loads), held.privileges)
    return [
        f"{privilege} on {target}"
        for target in sorted(lacking, key=str)
        for privilege in sorted(lacking[target])
    ]


def surplus(session: Session, writes: Writes, *, loads: bool, own_schemas: Iterable[str]) -> list[str]:
    """Describe in a few phrases what the connected user may do beyond what the pipeline needs.

    `own_schemas`: those, apart from the pipeline's, that it is meant to have.
    """
    role = session.one("roles/select_role")
    if role["is_superuser"]:
        return ["it is a superuser"]
    held = _held(session)
    needed = _needed_by_worker(session, held, writes, loads=loads)
    for name in own_schemas:
        needed[Target("SCHEMA", None, name)] = {"USAGE", "CREATE"}
    more = _without(held.privileges, needed)
    found = list(role["attributes"])
    if held.owned:
        found.append(f"it owns {len(held.owned)} tables, views and sequences")
    targets: dict[str, list[str]] = {}
    for target in sorted(set(more) - held.owned, key=str):
        # To see the name of a schema opens nothing in it, and to connect has been needed to ask.
        for privilege in more[target] - {"USAGE", "CONNECT"}:
            targets.setdefault(privilege, []).append(str(target))
    for privilege, names in sorted(targets.items()):
        others = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        found.append(f"{privilege} on {', '.join(names[:_MOST_NAMED])}{others}")
    return found


def _needed_by_worker(session: Session, held: _Held, writes: Writes, *, loads: bool) -> Privileges:
    writes = {**_ENGINE_WRITES, **writes, **(_LOAD_WRITES if loads else {})}
    # Every plan reads how far loads have come.
    unread = set() if loads else _LOAD_WRITES.keys() - {"load_watermark"}
    analytics = session.schema_names["analytics"]
    of_loads = (
        {table.name for table in tables.all_tables() if table.schema == "analytics"} if loads else set()
    )
    needed: Privileges = {}
    for target in _own_tables(session, held):
        wanted = set(writes.get(target.name, ()))
        if target.schema == analytics and target.name in of_loads:
            wanted |= {"INSERT", "UPDATE", "DELETE"}
        if target.name not in unread:
            wanted.add("SELECT")
        if wanted:
            needed[target] = wanted
    return _with_surroundings(held, needed)


def _needed_by_reader(session: Session, held: _Held) -> Privileges:
    conflict = session.schema_names["conflict"]
    needed = {
        target: {"SELECT"}
        for target in _own_tables(session, held)
        if target.schema == conflict and target.name in _READ_BY_READER
    }
    return _with_surroundings(held, needed)


def _own_tables(session: Session, held: _Held) -> Iterable[Target]:
    """The tables and views of the pipeline that exist; a schema may hold others too."""
    own = {(session.schema_names[role], name) for role, name in schema.relations()}
    return [target for target in held.privileges if (target.schema, target.name) in own]


def _with_surroundings(held: _Held, needed: Privileges) -> Privileges:
    """With the schemas, the sequences that new rows take their keys from, and the database."""
    inserts = {target for target, privileges in needed.items() if "INSERT" in privileges}
    sequences = {sequence for sequence, tables in held.used_by.items() if tables & inserts}
    schemas = {Target("SCHEMA", None, str(target.schema)) for target in needed}
    databases = {target for target in held.privileges if target.kind == "DATABASE"}
    return {
        **needed,
        **{target: {"USAGE"} for target in sequences | schemas},
        **{target: {"TEMPORARY"} for target in databases},
    }


def _held(session: Session, role: str | None = None) -> _Held:
    """Of the connected user, or of `role`."""
    held = _Held({}, set(), {})
    values = {"role": role, **schema.schema_values(session)}
    for row in session.rows("roles/select_objects", values):
        target = Target(row["kind"], row["schema_name"], row["name"])
        held.privileges[target] = set(row["held"])
        if row["is_owner"]:
            held.owned.add(target)
        if row["used_by"]:
            table = Target("TABLE", row["used_by_schema"], row["used_by"])
            held.used_by.setdefault(target, set()).add(table)
    return held


def _existing(session: Session) -> set[str]:
    return {row["name"] for row in session.rows("roles/select_roles", {"names": list(ROLES)})}


def _grant(session: Session, role: str, privileges: Privileges) -> None:
    for target, names in sorted(privileges.items(), key=lambda item: str(item[0])):
        session.execute(
            "roles/grant_privileges",
            privileges=sql.SQL(", ").join(map(_keyword, sorted(names))),
            kind=_keyword(target.kind),
            object=target.identifier,
            role=sql.Identifier(role),
        )


def _keyword(text: str) -> sql.SQL:
    # Names of privileges and kinds are this module's and its statements' own.
    return sql.SQL(text)


def _without(these: Privileges, those: Privileges) -> Privileges:
    rest = {target: privileges - those.get(target, set()) for target, privileges in these.items()}
    return {target: privileges for target, privileges in rest.items() if privileges}


def _count(privileges: Privileges) -> int:
    return sum(map(len, privileges.values()))
