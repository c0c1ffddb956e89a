"""Rules 1 to 6 at their boundaries: equal, overlapping and touching times; times that are not there."""

from conflict_pipeline.devtools.demo.pairs import (
    SAME_SCHEDULE,
    SAME_VISIT,
    SCHEDULE_IS_VISIT,
    SCHEDULE_OVERLAPS_VISIT,
    SCHEDULES_OVERLAP,
    VISITS_OVERLAP,
)
from conflict_pipeline.devtools.demo.scene import Scene, at, done, planned
from conflict_pipeline.devtools.demo.shifts import Times

_NINE, _ELEVEN, _ONE, _THREE = at(9), at(11), at(13), at(15)

_HOLD: dict[str, tuple[Times, Times, str]] = {
    "equal schedules": (planned(_NINE, _ONE), planned(_NINE, _ONE), SAME_SCHEDULE),
    "equal visits, other schedules": (
        done(_NINE, _ONE),
        done(_NINE, _ONE, (_ELEVEN, _THREE)),
        SAME_VISIT,
    ),
    "schedule equals visit": (planned(_NINE, _ONE), done(_NINE, _ONE, (_ELEVEN, _THREE)), SCHEDULE_IS_VISIT),
    "schedules overlap": (planned(_NINE, _ONE), planned(_ELEVEN, _THREE), SCHEDULES_OVERLAP),
    "schedule in schedule": (planned(_NINE, _THREE), planned(_ELEVEN, _ONE), SCHEDULES_OVERLAP),
    "schedules with one start": (planned(_NINE, _ONE), planned(_NINE, _THREE), SCHEDULES_OVERLAP),
    "schedules with one end": (planned(_NINE, _ONE), planned(_ELEVEN, _ONE), SCHEDULES_OVERLAP),
    "schedules overlap by a minute": (planned(_NINE, _ONE), planned(_ONE - 60, _THREE), SCHEDULES_OVERLAP),
    "visits overlap": (done(_NINE, _ONE), done(_ELEVEN, _THREE), VISITS_OVERLAP),
    "visit in visit": (done(_NINE, _THREE), done(_ELEVEN, _ONE), VISITS_OVERLAP),
    "visits with one start": (done(_NINE, _ONE), done(_NINE, _THREE), VISITS_OVERLAP),
    "visits with one end": (done(_NINE, _ONE), done(_ELEVEN, _ONE), VISITS_OVERLAP),
    "visits overlap by a second": (done(_NINE, _ONE), done(_ONE - 1, _THREE), VISITS_OVERLAP),
    "visits a second longer": (done(_NINE, _ONE), done(_NINE, _ONE + 1), VISITS_OVERLAP),
    "visits over midnight": (done(at(20), at(30)), done(at(23), at(33)), VISITS_OVERLAP),
    "schedule overlaps visit": (planned(_NINE, _ONE), done(_ELEVEN, _THREE), SCHEDULE_OVERLAPS_VISIT),
    "schedule in visit": (planned(_ELEVEN, _ONE), done(_NINE, _THREE), SCHEDULE_OVERLAPS_VISIT),
    "schedule overlaps visit by a second": (
        planned(_NINE, _ONE),
        done(_ONE - 1, _THREE),
        SCHEDULE_OVERLAPS_VISIT,
    ),
    "done without a schedule": (planned(_NINE, _ONE), ((None, None), (_NINE, _ONE)), SCHEDULE_IS_VISIT),
}

_DO_NOT_HOLD: dict[str, tuple[Times, Times]] = {
    "schedules touch": (planned(_NINE, _ONE), planned(_ONE, _THREE)),
    "visits touch": (done(_NINE, _ONE), done(_ONE, _THREE)),
    "schedule touches visit": (planned(_NINE, _ONE), done(_ONE, _THREE)),
    "only a start": (done(_NINE, None), done(_NINE, _ONE)),
    "only an end": (done(None, _ONE), done(_NINE, _ONE)),
    "only starts": (done(_NINE, None), done(_NINE, None)),
    "only a start, schedule equals visit": (done(_NINE, None, (_NINE, _ONE)), done(_NINE, _ONE)),
    "only a start, equal schedules": (done(_NINE, None, (_NINE, _ONE)), planned(_NINE, _ONE)),
    "no times at all": (planned(None, None), planned(None, None)),
    "no times, and a schedule": (planned(None, None), planned(_NINE, _ONE)),
    "no times, and a visit": (planned(None, None), done(_NINE, _ONE)),
    "half a schedule": (planned(_NINE, None), planned(_NINE, _ONE)),
    "equal halves of schedules": (planned(_NINE, None), planned(_NINE, None)),
    "half a schedule, and a visit": (planned(None, _ONE), done(_NINE, _ONE)),
    "schedules apart": (planned(_NINE, _ELEVEN), planned(_ONE, _THREE)),
    # Of done visits the schedules do not count.
    "visits apart, equal schedules": (done(at(6), at(8)), done(at(18), at(20))),
    "visit apart from schedule, equal schedules": (planned(_NINE, _ONE), done(at(18), at(20))),
    "visit apart from schedule, equal starts of schedules": (planned(at(9), at(11)), done(at(15), at(17))),
}


def add_time_cases(scene: Scene) -> None:
    cases: list[tuple[Times, Times, tuple[str, ...]]] = [
        *((one, other, (rule,)) for one, other, rule in _HOLD.values()),
        *((one, other, ()) for one, other in _DO_NOT_HOLD.values()),
    ]
    for one, other, rules in cases:
        aide, patient = scene.aide(), scene.patient()
        scene.pair(
            scene.visit(aide.caregivers[0], one, patient=patient),
            scene.visit(aide.caregivers[1], other, patient=patient),
            *rules,
        )
