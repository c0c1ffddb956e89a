"""Without a factor and a speed, impossible travel is never found: no cycle runs on such tables."""

import pytest

from conflict_pipeline.cycles import run
from conflict_pipeline.errors import PipelineError
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.rows import read, small_world
from conflict_pipeline_tests.small_cycles import SMALL

FACTOR = r'settings."ExtraDistancePer" must be a number above 0'
SPEED = r'1 rows of table mph have no "AverageMilesPerHour" above 0'
NO_BAND = "table mph holds no speed band"
PLAIN_NUMBERS = """ALTER TABLE conflict.settings ALTER "ExtraDistancePer" TYPE {0};
    ALTER TABLE conflict.mph
        ALTER "AverageMilesPerHour" TYPE {0}, ALTER "From" TYPE {0}, ALTER "To" TYPE {0}"""
FACTOR_IS = 'UPDATE conflict.settings SET "ExtraDistancePer" = {}'
SPEED_IS = 'UPDATE conflict.mph SET "AverageMilesPerHour" = {}'


@pytest.fixture
def world(scratch: Session) -> Session:
    small_world(scratch)
    return scratch


@pytest.mark.parametrize("type_name", ["numeric", "float8"])
@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        *((FACTOR_IS.format(value), FACTOR) for value in ("NULL", "0", "-1", "'NaN'", "'Infinity'")),
        *((SPEED_IS.format(value), SPEED) for value in ("NULL", "0", "-1", "'NaN'", "'Infinity'")),
        ("DELETE FROM conflict.mph", NO_BAND),
        ('UPDATE conflict.mph SET "To" = NULL', NO_BAND),
        ('UPDATE conflict.mph SET "From" = NULL', NO_BAND),
        ('UPDATE conflict.mph SET "From" = "To" + 1', NO_BAND),
        ("""UPDATE conflict.mph SET "From" = 'NaN', "To" = 'NaN'""", NO_BAND),
        ("DELETE FROM conflict.settings", "settings must hold exactly one row, it holds 0"),
        ('INSERT INTO conflict.settings ("ID") VALUES (2)', "exactly one row, it holds 2"),
    ],
)
def test_what_hides_impossible_travel_is_an_error_before_anything_is_written(
    world: Session, statement: str, fault: str, type_name: str
) -> None:
    world.conn.execute(PLAIN_NUMBERS.format(type_name).encode())
    run.require_steps(world)
    world.conn.execute(statement.encode())

    with pytest.raises(PipelineError, match=fault) as error:
        run.open_or_resume(world, SMALL, "run", new_cycle=True, max_age_hours=1)

    assert "\n" not in str(error.value)
    assert read(world, "conflict_cycle") == []


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT",
        FACTOR_IS.format("0.01"),
        SPEED_IS.format("1"),
        """UPDATE conflict.mph SET "To" = 'NaN'""",
        """INSERT INTO conflict.mph ("ID", "From", "AverageMilesPerHour") VALUES (2, 1, 30)""",
    ],
)
def test_tables_by_which_some_way_takes_time_are_enough(world: Session, statement: str) -> None:
    world.conn.execute(statement.encode())

    run.require_steps(world)
