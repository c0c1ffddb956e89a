"""The UI in Debian's Chromium: the graph, a failed chunk, one chunk launched from the dialog.

Elements are found by their text. Screenshots of each state are in pytest's temporary folder.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conflict_pipeline.cycles import ledger
from conflict_pipeline.devtools.demo.counts import SampleCounts
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline_tests.end_to_end.dev_server import DevServer
from conflict_pipeline_tests.end_to_end.test_daemon import (
    POISON,
    _row_of,
    dagster,
    server_environment,
    waiting_sample,
)

if TYPE_CHECKING:  # not installed by `make test`, nor by `make types`
    from playwright.sync_api import Page  # type: ignore[import-not-found, unused-ignore]

__all__ = ["dagster", "server_environment", "waiting_sample"]  # fixtures

pytestmark = [pytest.mark.services, pytest.mark.timeout(900)]

CHUNKS = 6
# Long, because the machine may be busy; a test waits only as long as it must.
PAGE_TIMEOUT = 60_000  # milliseconds
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def page(dagster: DevServer) -> Iterator["Page"]:
    """An empty page of a browser; fails at the end if a page had an error."""
    # Imported here, because tests are also collected where playwright is not installed.
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=CHROMIUM_ARGUMENTS
        )
        page = browser.new_page(base_url=dagster.url, viewport={"width": 2400, "height": 2400})
        page.set_default_timeout(PAGE_TIMEOUT)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("response", lambda answer: errors.append(answer.url) if answer.status >= 400 else None)
        # Dagster shows an invitation to its community once.
        skip = page.get_by_role("button", name="Skip", exact=True)
        page.add_locator_handler(skip, lambda button: button.click())
        yield page
        browser.close()
    assert errors == []


@pytest.fixture
def keys(waiting_sample: Postgres, counts: SampleCounts, dagster: DevServer) -> list[str]:
    """The chunks of an open cycle: the second has failed, the last is pending, the others have completed."""
    dagster.stop_sensor("pending_chunks")  # here the test starts the chunks
    config = {"target_chunk_size": counts.eligible // CHUNKS}
    plan = dagster.launch_job("get_task02_chunks", {"ops": {"conflict_chunks": {"config": config}}})
    assert dagster.wait_for_run(plan) == "SUCCESS"
    with waiting_sample.session("poison") as session:
        keys = [chunk["partition_key"] for chunk in ledger.chunks(session, 1)]
        session.conn.execute(POISON.format(row_id=_row_of(session, keys[1])))
    assert dagster.wait_for_backfill(dagster.backfill(keys[:-1])).startswith("COMPLETED")
    return keys


def test_an_operator_sees_which_chunk_failed_and_materializes_a_missing_one(
    waiting_sample: Postgres, keys: list[str], page: "Page", tmp_path: Path
) -> None:
    _, failed, *_, missing = keys

    # The group of conflicts comes first: in the opened group of the application is an asset of this name.
    filled = f"{100 * (len(keys) - 2) // len(keys)}% filled (1 failed)"
    _expect_in_graph(page, "conflicts", ["conflict_chunks", "conflictvisitmaps", filled, "conflict_report"])
    page.screenshot(path=tmp_path / "1_graph_conflicts.png")
    _expect_in_graph(page, "application", ["payer_provider_reminders"])
    _expect_in_graph(page, "snapshot", ["conflictvisitmaps_temp"])
    page.screenshot(path=tmp_path / "1_graph_snapshot.png")

    page.goto("/assets/conflictvisitmaps")
    page.get_by_role("tab", name="Partitions").click()
    done = {key for key in keys if key not in {failed, missing}}
    _expect_partitions(page, {"Failed": {failed}, "Materialized": done, "Missing": {missing}})
    page.get_by_title(failed, exact=True).click()
    _expect_text(page, re.compile("failed, and did not materialize this asset"))
    page.screenshot(path=tmp_path / "2_partitions.png")

    _choose_missing_in_the_dialog(page, missing)
    page.screenshot(path=tmp_path / "3_dialog.png")
    page.get_by_role("button", name="Launch 1 run").click()

    page.get_by_role("link", name="View", exact=True).click()  # in the note that it was launched
    page.wait_for_url("**/runs/*")
    _expect_text(page, f"partition: {missing}")
    _expect_text(page, "Success")
    page.screenshot(path=tmp_path / "4_run.png")

    with waiting_sample.session("after") as session:
        status = {chunk["partition_key"]: chunk["status"] for chunk in ledger.chunks(session, 1)}
    assert status == {key: "failed" if key == failed else "completed" for key in keys}
    page.goto("/assets/conflictvisitmaps?view=partitions")
    _expect_partitions(page, {"Failed": {failed}, "Materialized": done | {missing}, "Missing": set()})


def _expect_text(page: "Page", text: str | re.Pattern[str]) -> None:
    """Wait until an element of the page shows exactly this text, or one in which the pattern is found."""
    page.get_by_text(text, exact=True).filter(visible=True).first.wait_for()


def _expect_in_graph(page: "Page", group: str, texts: list[str]) -> None:
    """Open a group of assets, which then fills the view; elements out of view are not drawn."""
    page.goto("/asset-groups")
    graph = page.locator("svg foreignObject")
    graph.get_by_text(group, exact=True).click()
    for text in texts:
        graph.get_by_text(text, exact=True).first.wait_for()


def _expect_partitions(page: "Page", expected: dict[str, set[str]]) -> None:
    """Check that the list of partitions, narrowed to each state, shows exactly the expected ones."""
    boxes = {state: f"{state} ({len(keys)})" for state, keys in expected.items()}
    for box in boxes.values():
        _expect_text(page, box)
    every = set().union(*expected.values())
    for state, keys in expected.items():
        others = [box for other, box in boxes.items() if other != state]
        for box in others:
            page.get_by_text(box, exact=True).click()
        for key in every:
            listed = page.get_by_title(key, exact=True)
            listed.wait_for(state="visible" if key in keys else "hidden")
        for box in others:
            page.get_by_text(box, exact=True).click()


def _choose_missing_in_the_dialog(page: "Page", key: str) -> None:
    page.get_by_role("button", name="Materialize…").click()
    dialog = page.get_by_role("dialog").filter(has_text="Launch runs to materialize conflictvisitmaps")
    dialog.get_by_role("button", name="Missing", exact=True).click()
    dialog.get_by_text("1 partition", exact=True).wait_for()
    dialog.get_by_title(key, exact=True).wait_for()
    dialog.get_by_text("Loading").first.wait_for(state="hidden")
