"""What a role may do with the objects of the database: read, compared and granted."""

from dataclasses import dataclass, field

from psycopg import sql

from conflict_pipeline.postgres.session import Session


@dataclass(frozen=True, order=True)
class Target:
    """An object to grant on, of kind TABLE (also a view), SEQUENCE, FUNCTION, SCHEMA or DATABASE.

    Only the first three have a `schema`.
    """

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


@dataclass(frozen=True)
class HeldPrivileges:
    """What a role may do with each existing object; with those in `owned` it may do anything."""

    privileges: Privileges = field(default_factory=dict)
    owned: set[Target] = field(default_factory=set)
    # For each sequence, the tables whose columns take their default from it.
    used_by: dict[Target, set[Target]] = field(default_factory=dict)


def held_privileges(session: Session, role: str | None = None) -> HeldPrivileges:
    """Return the privileges of `role`, or of the connected user."""
    held = HeldPrivileges()
    for row in session.rows("roles/select_objects", {"role": role, **session.schema_values}):
        target = Target(row["kind"], row["schema_name"], row["name"])
        held.privileges[target] = set(row["held"])
        if row["is_owner"]:
            held.owned.add(target)
        if row["used_by"]:
            table = Target("TABLE", row["used_by_schema"], row["used_by"])
            held.used_by.setdefault(target, set()).add(table)
    return held


def with_surroundings(held: HeldPrivileges, needed: Privileges) -> Privileges:
    """Add the privileges without which those on tables are useless.

    These are USAGE on their schemas and on the sequences that number new rows, and TEMPORARY on the database.
    """
    inserts = {target for target, privileges in needed.items() if "INSERT" in privileges}
    sequences = {sequence for sequence, tables in held.used_by.items() if tables & inserts}
    schemas = {Target("SCHEMA", None, str(target.schema)) for target in needed}
    databases = {target for target in held.privileges if target.kind == "DATABASE"}
    return {
        **needed,
        **{target: {"USAGE"} for target in sequences | schemas},
        **{target: {"TEMPORARY"} for target in databases},
    }


def subtract(these: Privileges, those: Privileges) -> Privileges:
    """Return the privileges of `these` that `those` lack."""
    rest = {target: privileges - those.get(target, set()) for target, privileges in these.items()}
    return {target: privileges for target, privileges in rest.items() if privileges}


def grant_privileges(session: Session, role: str, privileges: Privileges) -> int:
    """Grant the privileges and return their number."""
    for target, names in sorted(privileges.items(), key=lambda item: str(item[0])):
        session.execute(
            "roles/grant_privileges",
            privileges=sql.SQL(", ").join(map(_keyword, sorted(names))),
            kind=_keyword(target.kind),
            object=target.identifier,
            role=sql.Identifier(role),
        )
    return sum(map(len, privileges.values()))


def _keyword(text: str) -> sql.SQL:
    # Privileges and kinds are keywords of this package and its statements, never input.
    return sql.SQL(text)
