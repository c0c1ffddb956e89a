"""Visits that take no part: excluded, inactive, unknown; and pairs that are no pairs."""

from conflict_pipeline.devtools.demo.entities import Caregiver, Provider, Row
from conflict_pipeline.devtools.demo.pairs import VISITS_OVERLAP
from conflict_pipeline.devtools.demo.scene import LATE_MORNING, MORNING, Scene

_TOWNS = ("Brooklyn",)
# Providers that are not both active and no demo; a NULL is neither.
_CLOSED_PROVIDERS: dict[str, Row] = {
    "Porchlight Closed Agency": {"Is Active": False},
    "Porchlight Demo Agency": {"Is Demo": True},
    "Porchlight Unclear Agency": {"Is Active": None},
    "Porchlight Maybe Demo Agency": {"Is Demo": None},
}
_UNKNOWN: tuple[Row, ...] = (
    {"Provider Id": "PR99998"},
    {"Provider Id": None},
    {"Caregiver Id": "CG9999999"},
    {"Caregiver Id": None},
)
_NO_SSN = ("", "   ", None)


def add_people_cases(scene: Scene) -> None:
    _add_excluded_provider(scene)
    _add_excluded_ssns(scene)
    for name, changes in _CLOSED_PROVIDERS.items():
        _add_with_one_left_out(scene, scene.directory.add_provider(name, "NY", 0, _TOWNS, **changes))
    for text in _NO_SSN:
        aide = scene.aide(count=1)
        nobody = scene.aide(ssn_texts=[text], count=1).caregivers[0]
        _add_left_out(scene, nobody, aide.caregivers[0])
    # Both without: their equal blanks are no equal SSN.
    _add_left_out(scene, *scene.aide(ssn_texts=["", "  "]).caregivers, both=True)
    for fact in _UNKNOWN:
        one, other = scene.aide().caregivers
        scene.pair(scene.visit(one, qualifies=False, fact=fact), scene.visit(other, LATE_MORNING))
    _add_deleted(scene)
    _add_no_pairs(scene)
    _add_ssn_with_spaces(scene)


def _add_with_one_left_out(scene: Scene, provider: Provider) -> None:
    one, other = scene.aide([provider, *scene.providers(1)]).caregivers
    _add_left_out(scene, one, other)


def _add_left_out(scene: Scene, one: Caregiver, other: Caregiver, *, both: bool = False) -> None:
    # Its bad texts do not count either: a visit that takes no part is not read.
    scene.pair(
        scene.visit(one, MORNING, gps=("no signal", "no signal"), bad_gps=2, qualifies=False),
        scene.visit(other, LATE_MORNING, qualifies=not both),
    )


def _add_excluded_provider(scene: Scene) -> None:
    name = "Porchlight Excluded Agency"
    provider = scene.directory.add_provider(name, "NY", 0, _TOWNS)
    scene.directory.rows["excluded_agency"].extend(
        {
            "ID": number,
            "AgencyName": agency,
            "ProviderID": provider_id,
            "AppProviderID": None,
        }
        for number, (agency, provider_id) in enumerate(
            (
                (name, provider.fact["Provider Id"]),
                ("An agency that is not known", "PR99997"),
                # Excludes nothing.
                ("An agency without an identifier", None),
            ),
            start=1,
        )
    )
    _add_with_one_left_out(scene, provider)


def _add_excluded_ssns(scene: Scene) -> None:
    """Spaces count on neither side; an SSN of nobody, of spaces, and NULL exclude nobody."""
    texts = [("{}", "{}"), ("  {} ", "{}"), ("{}", " {}  ")]
    excluded: list[str | None] = [scene.new_ssn(), "   ", None]
    for excluded_text, recorded_text in texts:
        own_ssn = scene.new_ssn()
        excluded.append(excluded_text.format(own_ssn))
        one, other = scene.aide(ssn_texts=[recorded_text.format(own_ssn), own_ssn]).caregivers
        _add_left_out(scene, one, other, both=True)
    scene.directory.rows["excluded_ssn"].extend(
        {"ID": number, "SSN": text} for number, text in enumerate(excluded, start=1)
    )


def _add_deleted(scene: Scene) -> None:
    for exists in (True, False):
        one, other = scene.aide().caregivers
        scene.pair(
            scene.visit(one, exists=False, gps=("no signal", None), bad_gps=1),
            scene.visit(other, LATE_MORNING, exists=exists),
        )


def _add_no_pairs(scene: Scene) -> None:
    """Both visits take part, but not as a pair."""
    aide, other_aide = scene.aide(), scene.aide()
    scene.pair(scene.visit(aide.caregivers[0]), scene.visit(other_aide.caregivers[1], LATE_MORNING))
    employee = scene.aide(count=1).caregivers[0]
    scene.pair(scene.visit(employee), scene.visit(employee, LATE_MORNING))
    # One provider that employs an aide twice.
    one, other = scene.aide(scene.providers(1) * 2).caregivers
    scene.pair(scene.visit(one), scene.visit(other, LATE_MORNING))
    one, other = scene.aide().caregivers
    day, next_day = scene.calendar.day(-30), scene.calendar.day(-29)
    scene.pair(scene.visit(one, day=day), scene.visit(other, LATE_MORNING, day=next_day))
    alone = scene.visit(scene.aide(count=1).caregivers[0])
    scene.pair(alone, alone)


def _add_ssn_with_spaces(scene: Scene) -> None:
    own_ssn = scene.new_ssn()
    one, other = scene.aide(ssn_texts=[f"  {own_ssn} ", own_ssn]).caregivers
    scene.pair(scene.visit(one), scene.visit(other, LATE_MORNING), VISITS_OVERLAP)
