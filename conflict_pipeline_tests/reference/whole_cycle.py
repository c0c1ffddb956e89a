"""What one whole cycle leaves behind, in the order of a night (detect.md, "Order in a cycle").

The update of known rows, the inserts, the computed columns, then numbers, parents and notifications. Row
statuses and all that follows the notifications are not part of it yet.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from conflict_pipeline_tests.reference.columns import Columns
from conflict_pipeline_tests.reference.computed_columns import computed_columns
from conflict_pipeline_tests.reference.cycle import Expected, is_eligible, process, update
from conflict_pipeline_tests.reference.detection import (
    Candidate,
    DetectionSettings,
    Key,
    KindCounts,
    count,
    key_of,
    new_rows,
    visit_pair_candidates,
)
from conflict_pipeline_tests.reference.dimensions import Tables
from conflict_pipeline_tests.reference.events import (
    Pair,
    event_candidates,
    pairs,
    records,
    redetected_columns,
    rows_of_unknown_form,
)
from conflict_pipeline_tests.reference.kinds import Kind, kind_of
from conflict_pipeline_tests.reference.numbering import Numbering, number_rows
from conflict_pipeline_tests.reference.visits import Visit, qualifying_visits


@dataclass
class Outcome:
    """The tables after the cycle, and its counts.

    `tables` are those before, with conflictvisitmaps, conflicts and notifications as the cycle leaves them;
    new rows have IDs above all others, in no promised order, new notifications have none. `inserted` are the
    new rows by key. `known` are the rows that were there by ID, with the counts of the update, where rows of
    no kind or of a kind that is not looked for are `guarded`; its `bad_gps` is not computed.
    `stopped` are the kinds that rows of unknown form stop, with the number of these rows.
    """

    tables: dict[str, list[dict[str, Any]]]
    known: Expected
    inserted: dict[Key, Columns]
    counts: dict[Kind, KindCounts]
    numbering: Numbering
    stopped: dict[Kind, int]
    bad_events: dict[Kind, int]
    rows_of_no_kind: int = 0
    candidates: list[Candidate] = field(default_factory=list)


def expected_after_whole_cycle(
    tables: Tables, settings: DetectionSettings, last_number: Decimal = Decimal(0)
) -> Outcome:
    """The outcome of one cycle over `tables`, which stay as they are.

    `last_number` is the last value of the sequence of `conflicts`. Raises ValueError unless settings holds
    exactly one row.
    """
    if len(tables.get("settings", [])) != 1:
        raise ValueError("settings must hold exactly one row")
    before = tables.get("conflictvisitmaps", [])
    visits = qualifying_visits(
        tables, settings.window.window_start, settings.window.window_end, settings.zone
    )
    stopped = stopped_kinds(before, settings)
    kinds = [kind for kind in settings.kinds if kind not in stopped]
    known = update_known_rows(tables, visits, kinds, settings)
    rows = list(known.rows.values())

    candidates = [candidate for kind in kinds for candidate in candidates_of(kind, tables, visits, settings)]
    inserted = new_rows(candidates, rows)
    add_ids(inserted, rows)
    rows += inserted
    for row in rows:
        if is_in_window(row, settings):
            row.update(computed_columns(row))

    after = {**tables, "conflictvisitmaps": rows}
    numbering = number_rows(after, settings, last_number, held_rows=bool(before))
    new_keys = {key_of(row): row for row in inserted}
    return Outcome(
        tables={
            **after,
            "conflicts": [*tables.get("conflicts", []), *numbering.parents],
            "notifications": [*tables.get("notifications", []), *numbering.notifications],
        },
        known=known,
        inserted=new_keys,
        counts={
            kind: count([candidate for candidate in candidates if candidate.kind is kind], new_keys)
            for kind in kinds
        },
        numbering=numbering,
        stopped=stopped,
        bad_events={
            kind: sum(record.interval is None for record in records(kind, tables, settings.zone))
            for kind in event_kinds(settings)
        },
        rows_of_no_kind=sum(kind_of(row) is None for row in before if is_known(row, settings)),
        candidates=candidates,
    )


def stopped_kinds(rows: list[dict[str, Any]], settings: DetectionSettings) -> dict[Kind, int]:
    """The kinds of events that are looked for, but must write nothing."""
    counted = {kind: rows_of_unknown_form(kind, rows) for kind in event_kinds(settings)}
    return {kind: unknown for kind, unknown in counted.items() if unknown}


def event_kinds(settings: DetectionSettings) -> list[Kind]:
    return [kind for kind in settings.kinds if kind is not Kind.VISIT_PAIR]


def candidates_of(
    kind: Kind, tables: Tables, visits: dict[str, Visit], settings: DetectionSettings
) -> list[Candidate]:
    if kind is Kind.VISIT_PAIR:
        return visit_pair_candidates(tables, visits, settings)
    return event_candidates(kind, tables, visits, settings)


def update_known_rows(
    tables: Tables, visits: dict[str, Visit], kinds: list[Kind], settings: DetectionSettings
) -> Expected:
    """The rows that were there, marked and updated (rules.md; detect.md, U).

    Rows of no kind are not marked, like those of a kind that is not looked for: they are never updated.
    UpdatedDate stays where nothing else changes.
    """
    expected = Expected()
    found = {kind: pairs(kind, tables, visits, settings) for kind in kinds if kind is not Kind.VISIT_PAIR}
    for row in tables.get("conflictvisitmaps", []):
        after = dict(row)
        expected.rows[row["ID"]] = after
        if not is_known(row, settings):
            continue
        kind = kind_of(row)
        if kind not in kinds:
            expected.eligible += 1
            expected.guarded += 1
        elif kind is Kind.VISIT_PAIR:
            process(tables, visits, after, expected)
        else:
            process_event_row(after, kind, found[kind], expected)
        if {**after, "UpdatedDate": None} == {**row, "UpdatedDate": None}:
            after["UpdatedDate"] = row["UpdatedDate"]
    return expected


def process_event_row(row: Columns, kind: Kind, found: list[Pair], expected: Expected) -> None:
    """U1 to U4: mark one eligible event row, and update it if it is re-detected."""
    expected.eligible += 1
    row["UpdateFlag"] = Decimal(1)
    columns = redetected_columns(row, kind, found)
    if columns is None:
        expected.not_redetected += 1
    else:
        expected.redetected += 1
        update(row, columns, {})


def is_known(row: Columns, settings: DetectionSettings) -> bool:
    return is_eligible(row, settings.window.window_start, settings.window.window_end)


def is_in_window(row: Columns, settings: DetectionSettings) -> bool:
    day = row["VisitDate"]
    return day is not None and settings.window.window_start <= day <= settings.window.window_end


def add_ids(new: list[Columns], rows: list[Columns]) -> None:
    highest = max((row["ID"] for row in rows), default=Decimal(0))
    for number, row in enumerate(new, start=1):
        row["ID"] = highest + number
