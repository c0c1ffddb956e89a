"""Names and texts typed by users, or made up to do harm, are handled as texts, whatever they contain."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from random import Random
from zoneinfo import ZoneInfo

import dagster as dg
import hypothesis
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from typer.testing import CliRunner

from conflict_pipeline.cli import app
from conflict_pipeline.cycles.settings import MODES
from conflict_pipeline.model import Window
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline_tests.dagster_runs import materialized_chunks, run
from conflict_pipeline_tests.reference.comparison import Tables, read
from conflict_pipeline_tests.reference.world import hours, pair, row, visit, world
from conflict_pipeline_tests.steps.test_redetect_against_reference import (
    chunk_settings,
    compare,
    fill,
)
from conflict_pipeline_tests.steps.worlds import make_world

SCHEMAS = [
    pytest.param('we"ird %s {conflict} schema', "%(x)s; DROP SCHEMA public; --", id="places and quotes"),
    pytest.param("%", "100%% 'a\\b' $$ \u202e日本", id="percent, backslash, right to left"),
]
# By code points they sort before, between and after ordinary SSNs.
HOSTILE = (
    "900'; DROP TABLE conflictvisitmaps; --",
    '900"; DROP SCHEMA conflict CASCADE; --',
    "900%s %(ssn)s %",
    "{conflict} {0} {{}}",
    "back\\slash \\x00 \\",
    "\u202e900000001\u202c",
    "$$ || pg_sleep(9) || $$",
    "\uff19\uff10\uff10",
    "null\u2400\x01\x7f",
)
TEXTS = ("SSN", "Caregiver Fullname", "Patient Name", "Provider Name", "Payer Name", "Office Name", "PName")
WINDOW = Window(date(1976, 1, 1), date(2027, 1, 1))
EXAMPLES = hypothesis.settings(
    max_examples=20,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def hostile_world(seed: int) -> Tables:
    """A small world with hostile SSNs and names."""
    tables = make_world(6, seed, ZoneInfo("UTC"), WINDOW)
    draw = Random(seed)
    ssns: dict[str, str] = {}
    for rows in tables.values():
        for one in rows:
            if one.get("SSN") and one["SSN"].strip():
                # Equal SSNs stay equal.
                one["SSN"] = ssns.setdefault(one["SSN"].strip(), HOSTILE[(len(ssns) + seed) % len(HOSTILE)])
            for name in TEXTS[1:]:
                if one.get(name) is not None:
                    one[name] = draw.choice(HOSTILE)
    return tables


def test_hostile_ssns_and_names_change_nothing_about_what_is_found(session: Session) -> None:
    for seed in range(12):
        compare(session, hostile_world(seed), chunk_settings(10))


@pytest.mark.parametrize(("conflict", "analytics"), SCHEMAS)
def test_hostile_schema_names_are_names(
    empty_database: Postgres,
    environment: Callable[..., Postgres],
    instance: dg.DagsterInstance,
    conflict: str,
    analytics: str,
) -> None:
    database = environment(
        str(empty_database.conninfo["dbname"]),
        POSTGRES_CONFLICT_SCHEMA=conflict,
        POSTGRES_ANALYTICS_SCHEMA=analytics,
    )
    applied = CliRunner().invoke(app, ["schema", "apply"])
    assert applied.exit_code == 0, applied.exception

    with database.session("test") as session:
        for seed in range(3):
            compare(session, hostile_world(seed), chunk_settings(10))

        # The jobs, and the commands, of which `report` draws the HTML report.
        settings = asdict(chunk_settings(10))
        fill(session, hostile_world(1))
        for mode in MODES:
            result = run(instance, "conflict_report", {**settings, "mode": mode, "new_cycle": True})
            assert result.success
        assert run(instance, "validate_config").success
        assert materialized_chunks(instance)
        for command in (["status", "--all"], ["status", "--json"], ["retry"], ["cancel"], ["report"]):
            done = CliRunner().invoke(app, command)
            assert done.exit_code == 0, (command, done.exception)
        again = CliRunner().invoke(app, ["schema", "apply"])
        assert again.output == "Nothing to do: the schema is complete.\n"
        assert read(session, ["conflictvisitmaps"])["conflictvisitmaps"]


def is_storable(text: str) -> bool:
    """Whether Postgres and UTF-8 can hold the text: no NUL, no surrogates."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


# What looks like a number or a place, and what does not.
ODD_GPS_TEXTS = [
    *("NaN,NaN", "inf,-inf", "1_0,2", "0x10,1", "\u0661,\u0662", "\uff11,\uff12", "1\u00a0,2", "1,2\u2028"),
    *("--1,2", "1e99,0", "1e,2", "+,-", ".,.", "e1,e1", "1e-99,1e-99", "-0,-0", "00,00", "1,2\v", "1\uff0c2"),
    *("90.0000000000000001,0", "180,90", "90,180", "-90,-180", "90.1,0", '"', '""', ",", "1,2,", "\u22121,2"),
    *("'; DROP TABLE settings; --", "%s,%s", "%(x)s,1", "{},{}", "\\,\\", "\u202e1,2", "1,2\x01", "1\r\n,2"),
]
gps_texts = st.one_of(
    st.text('0123456789.,+-eE" \t\n', max_size=24),
    st.text(max_size=100),
    st.builds(
        "{}{}{}".format,
        st.floats(-100, 100),
        st.sampled_from([",", ", ", " ,\t", '","', ";", ",,"]),
        st.floats(-200, 200),
    ),
).filter(is_storable)


def test_whatever_a_gps_text_is_it_means_what_the_reference_says(session: Session) -> None:
    for start in range(0, len(ODD_GPS_TEXTS), 4):
        compare_gps(session, ODD_GPS_TEXTS[start : start + 4])

    @EXAMPLES
    @given(st.lists(gps_texts, min_size=4, max_size=4))
    def check(texts: list[str]) -> None:
        compare_gps(session, texts)

    check()


def compare_gps(session: Session, texts: list[str]) -> None:
    """Visits that begin and end at these places, one after the other, and a row for each two neighbours."""
    visits = [
        visit(
            number,
            {"Call In GPS Coordinates": text, "Call Out GPS Coordinates": text},
            scheduled=hours(None, None),
            actual=hours("09:00", "10:00") if number % 2 else hours("10:05", "11:00"),
        )
        for number, text in enumerate(["40.7,-73.9", *texts, "-40,100"], start=1)
    ]
    pairs = [
        pair({"ID": number, "VisitID": f"v{number}", "ConVisitID": f"v{number + 1}"})
        for number in range(1, len(visits))
    ]
    providers = [
        row("dimprovider", {"Provider Id": f"p{number}", "Is Active": True, "Is Demo": False})
        for number in range(1, len(visits) + 1)
    ]
    compare(session, world(*visits, conflictvisitmaps=pairs, dimprovider=providers))
