"""Pairs of visits: rows of conflictvisitmaps as an earlier cycle left them, and their parents."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from conflict_pipeline.devtools.demo.entities import Row
from conflict_pipeline.devtools.demo.visits import Visit
from conflict_pipeline.model import GUARD_COLUMNS, RULE_COLUMNS

SAME_SCHEDULE = "SameSchTimeFlag"
SAME_VISIT = "SameVisitTimeFlag"
SCHEDULE_IS_VISIT = "SchAndVisitTimeSameFlag"
SCHEDULES_OVERLAP = "SchOverAnotherSchTimeFlag"
VISITS_OVERLAP = "VisitTimeOverAnotherVisitTimeFlag"
SCHEDULE_OVERLAPS_VISIT = "SchTimeOverVisitTimeFlag"
DISTANCE = "DistanceFlag"

_STATE: Row = {
    **dict.fromkeys(RULE_COLUMNS, "N"),
    "InServiceFlag": "N",
    "PTOFlag": "N",
    **dict.fromkeys(GUARD_COLUMNS),
    "StatusFlag": "U",
    "UpdateFlag": None,
    "UpdatedDate": None,
    "ResolveDate": None,
    "ResolvedBy": None,
    "MinuteDiffBetweenSch": None,
    "DistanceMilesFromLatLng": None,
    "FlagForReview": None,
    "FlagForReviewDate": None,
    "ConNoResponseFlag": None,
    "ConNoResponseTitle": None,
    "AgencyContact": None,
}


@dataclass
class Pair:
    """An ordered pair of visits.

    `rules` are those that hold, known from how the visits were made; without any, the row is not re-detected.
    `changes` are columns in which the row differs from what its visits say.
    """

    primary: Visit
    conflicting: Visit
    rules: tuple[str, ...]
    changes: Row = field(default_factory=dict)


@dataclass
class Cluster:
    """Visits of one aide, and the rows about them; the rows are orphans if `has_parents` is False."""

    visits: list[Visit]
    pairs: list[Pair]
    has_parents: bool = True


class ConflictRows:
    """Creates the rows of clusters and their parents, numbered from 1."""

    def __init__(self) -> None:
        self._row_id = 0
        self._conflict_id = 0
        self._group_id = 0
        self.parents: list[Row] = []

    def rows(self, cluster: Cluster) -> Iterator[tuple[Pair, Row]]:
        """Yield a row for each pair, and add its parent to `parents`."""
        self._group_id += 1
        halves = {visit.visit_id: visit.before() for visit in cluster.visits}
        conflict_ids: dict[str, int] = {}
        for pair in cluster.pairs:
            primary = pair.primary
            created = primary.day.created
            conflict_id = conflict_ids.get(primary.visit_id)
            if conflict_id is None:
                self._conflict_id += 1
                conflict_id = conflict_ids[primary.visit_id] = self._conflict_id
                if cluster.has_parents:
                    self.parents.append(_parent(conflict_id, pair, created))
            self._row_id += 1
            row = {
                **_STATE,
                **halves[primary.visit_id],
                **{f"Con{name}": value for name, value in halves[pair.conflicting.visit_id].items()},
                "ID": self._row_id,
                "CONFLICTID": conflict_id,
                "GroupID": self._group_id,
                "SSN": primary.caregiver.ssn,
                "VisitDate": primary.day.date,
                "CreatedDate": created,
                "CRDATEUNIQUE": created,
                "ReverseUUID": f"{min(primary.visit_id, pair.conflicting.visit_id)}-{self._group_id}",
            }
            row.update(pair.changes)
            yield pair, row

    def take_parents(self) -> list[Row]:
        """Return the parents created since the last call."""
        parents, self.parents = self.parents, []
        return parents


def _parent(conflict_id: int, pair: Pair, created: str) -> Row:
    changes = pair.changes
    flagged = conflict_id % 40 == 0
    return {
        "CONFLICTID": conflict_id,
        "RECORDEDDATETIME": created,
        "StatusFlag": changes.get("StatusFlag") or "U",
        "NoResponseFlag": "Yes" if conflict_id % 25 == 0 else None,
        "NoResponseTitle": "Agency did not answer" if conflict_id % 25 == 0 else None,
        "ResolveDate": changes.get("ResolveDate"),
        "CreatedDate": created,
        "FlagForReview": "Yes" if flagged else None,
        "FlagForReviewDate": created if flagged else None,
    }
