"""Triggers that note in conflict_changed_key which keys have changed, regardless of the writer.

Each tracked table, and each of its partitions, has

- statement triggers for ordinary sessions: the keys that a DELETE removes, and on the table of visits every
  key that an INSERT, UPDATE or DELETE touches;
- a row trigger that does the same where statement triggers do not fire: where logical replication applies
  changes, and in sessions whose session_replication_role is replica. Partitions have clones of it;
- but for visits, a row trigger on updates that replace the key. It costs other updates nothing, where a
  statement trigger would make Postgres copy every row that chunks write. Only where an update can move a row
  to another partition, which fires no row trigger for updates, a statement trigger does this.

On the pipeline's own tables, triggers refuse to delete rows that incremental cycles need, and note a ledger
row that replication has written. A trigger is recognized by its function, so two conflict schemas can track
the same tables. `table_states` returns what shows a plan that nothing was written while a trigger was missing
or disabled.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, LiteralString

from psycopg import sql

from conflict_pipeline.model import MAX_BASELINE_DAYS
from conflict_pipeline.postgres import tables
from conflict_pipeline.postgres.session import Session

# The bits of pg_trigger.tgtype.
_ROW, _BEFORE, _INSERT, _DELETE, _UPDATE = 1, 2, 4, 8, 16
_NOTE, _REFUSE = "note_changed_keys", "refuse_change"
# Noted keys are kept one day longer than any baseline.
KEY_DAYS = MAX_BASELINE_DAYS + 1


@dataclass(frozen=True)
class _Form:
    """One kind of trigger: how it is created, and how pg_trigger shows it (`bits`, `enabled`).

    `level` may name the key column, `{key}`. With `moves_rows`, only partitioned tables need it.
    """

    name: str
    function: str
    event: LiteralString
    level: LiteralString
    bits: int
    enabled: str = "O"
    moves_rows: bool = False


_ON_DELETE = _Form(
    "note_delete", _NOTE, "AFTER DELETE", "REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT", _DELETE
)
_ON_UPDATE = _Form(
    "note_update",
    _NOTE,
    "AFTER UPDATE",
    "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT",
    _UPDATE,
)
_ON_INSERT = _Form(
    "note_insert", _NOTE, "AFTER INSERT", "REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT", _INSERT
)
_ON_MOVE = replace(_ON_UPDATE, moves_rows=True)
_ON_NEW_KEY = _Form(
    "note_new_key",
    _NOTE,
    "AFTER UPDATE",
    "FOR EACH ROW WHEN (old.{key} IS DISTINCT FROM new.{key})",
    _ROW | _UPDATE,
    "A",
)
_DELETED_BY_REPLICATION = _Form("note_replicated", _NOTE, "AFTER DELETE", "FOR EACH ROW", _ROW | _DELETE, "R")
_ALL_BY_REPLICATION = _Form(
    "note_replicated",
    _NOTE,
    "AFTER INSERT OR DELETE OR UPDATE",
    "FOR EACH ROW",
    _ROW | _INSERT | _DELETE | _UPDATE,
    "R",
)
_KEEP_KEYS = _Form(
    "keep_rows",
    _REFUSE,
    "BEFORE DELETE OR UPDATE",
    f"FOR EACH ROW WHEN (old.changed_at > now() - interval '{KEY_DAYS} days')",
    _ROW | _BEFORE | _DELETE | _UPDATE,
    "A",
)
_KEEP_VISITS = _Form("keep_rows", _REFUSE, "BEFORE DELETE", "FOR EACH ROW", _ROW | _BEFORE | _DELETE, "A")
_Needs = dict[_Form, tuple[str, ...]]
_WHEN: dict[str, LiteralString] = {"R": "REPLICA", "A": "ALWAYS"}
# What the pipeline's own tables need, whatever a step tracks.
_OWN: dict[str, _Needs] = {
    "conflict_changed_key": {_KEEP_KEYS: ()},
    "conflict_visit": {_KEEP_VISITS: ()},
    "conflict_cycle": {_ALL_BY_REPLICATION: ("conflict_cycle", "cycle_id", "all")},
    "conflict_snapshot": {_ALL_BY_REPLICATION: ("conflict_snapshot", "is_only", "all")},
}


@dataclass(frozen=True)
class TableState:
    """What shows whether a table is the same as before, and whether all its changes were noted.

    `identity` changes when the table or a partition is replaced, emptied, rewritten or altered, `triggers`
    when one of its triggers is created, dropped, disabled or enabled.
    """

    identity: str
    triggers: str
    is_noted: bool
    is_durable: bool


@dataclass(frozen=True)
class _Part:
    """A table, or one of its partitions."""

    name: sql.Identifier
    is_partition: bool
    is_partitioned: bool
    is_durable: bool
    identity: str
    schema_oid: str
    # As (function, bits, enabled, arguments).
    found: frozenset[tuple[str, int, str, bytes]]
    versions: tuple[str, ...]

    def lacks(self, form: _Form, arguments: tuple[str, ...]) -> bool:
        if form.moves_rows and not self.is_partitioned:
            return False
        stored = "".join(f"{argument}\0" for argument in arguments).encode()
        return (form.function, form.bits, form.enabled, stored) not in self.found


def create_triggers(session: Session, tracked: Mapping[str, str]) -> list[str]:
    """Create the triggers that tables lack, enable disabled ones, and return what was done, a line each.

    `tracked` maps tables to their key columns. Triggers that are as they should be are left alone, because
    creating one waits for every writer of the table.
    """
    done = []
    for name, (needs, parts) in _tables(session, tracked).items():
        lacking = [(part, form) for form, args in needs.items() for part in parts if part.lacks(form, args)]
        for part, form in lacking:
            if part.is_durable and not (form.bits & _ROW):
                _create(session, part, form, needs[form])
        # Postgres clones a row trigger of a partitioned table for each partition.
        for form in {form for _, form in lacking if form.bits & _ROW}:
            for part in parts:
                if part.is_durable and not part.is_partition:
                    _create(session, part, form, needs[form])
        if lacking:
            done.append(f"created triggers on {_role(name)}.{name}")
    return done


def table_states(session: Session, wanted: Mapping[str, str | None]) -> dict[str, TableState]:
    """Return the states of the tables, and of the pipeline's own tables with noted keys and visits.

    `wanted` maps tables to their key columns, or to None where only the identity matters. A table that does
    not exist is left out.
    """
    return {
        name: TableState(
            identity=_digest(part.identity for part in parts),
            triggers=_digest(version for part in parts for version in part.versions if needs),
            is_noted=not any(part.lacks(form, args) for part in parts for form, args in needs.items()),
            is_durable=all(part.is_durable for part in parts),
        )
        for name, (needs, parts) in _tables(session, wanted).items()
        if parts
    }


def _tables(session: Session, wanted: Mapping[str, str | None]) -> dict[str, tuple[_Needs, list[_Part]]]:
    """Return what each table needs, and its parts, parents first."""
    needs = {**{name: _needs(name, key) for name, key in wanted.items()}, **_OWN}
    values = {
        "conflict_schema": session.schema_names["conflict"],
        "schemas": [session.schema_names[_role(name)] for name in needs],
        "names": list(needs),
        "functions": [_NOTE, _REFUSE],
    }
    found: dict[str, list[_Part]] = {name: [] for name in needs}
    rows = session.rows("schema/select_noted_tables", values)
    for (name, _), of_part in groupby(rows, lambda row: (row["table_name"], row["identity"])):
        found[name].append(_part(list(of_part)))
    return {name: (needs[name], parts) for name, parts in found.items()}


def _needs(name: str, key: str | None) -> _Needs:
    if key is None:
        return {}
    if name == tables.VISITS:
        return dict.fromkeys((_ON_DELETE, _ON_UPDATE, _ON_INSERT, _ALL_BY_REPLICATION), (name, key, "all"))
    forms = (_ON_DELETE, _ON_NEW_KEY, _ON_MOVE, _DELETED_BY_REPLICATION)
    return dict.fromkeys(forms, (name, key, "removed"))


def _part(rows: list[dict[str, Any]]) -> _Part:
    first = rows[0]
    triggers = [row for row in rows if row["function"]]
    return _Part(
        name=sql.Identifier(first["part_schema"], first["part_name"]),
        is_partition=first["is_partition"],
        is_partitioned=first["is_partitioned"],
        is_durable=first["is_durable"],
        identity=first["identity"],
        schema_oid=first["schema_oid"],
        found=frozenset(
            (row["function"], row["bits"], row["enabled"], bytes(row["arguments"])) for row in triggers
        ),
        versions=tuple(row["trigger_version"] for row in triggers),
    )


def _create(session: Session, part: _Part, form: _Form, arguments: tuple[str, ...]) -> None:
    trigger = sql.Identifier(f"{form.name}_{part.schema_oid}")
    session.execute(
        "schema/create_trigger",
        trigger=trigger,
        table=part.name,
        event=sql.SQL(form.event),
        level=sql.SQL(form.level).format(key=sql.Identifier(arguments[1] if arguments else "")),
        function=sql.Identifier(form.function),
        arguments=sql.SQL(", ").join(map(sql.Literal, arguments)),
    )
    if form.enabled in _WHEN:
        when = sql.SQL(_WHEN[form.enabled])
        session.execute("schema/enable_trigger", trigger=trigger, table=part.name, when=when)


def _role(name: str) -> str:
    # The pipeline's own tables are in no list; they belong to the schema conflict.
    return next((table.schema for table in tables.all_tables() if table.name == name), "conflict")


def _digest(parts: Iterable[str]) -> str:
    return hashlib.md5(",".join(parts).encode(), usedforsecurity=False).hexdigest()
