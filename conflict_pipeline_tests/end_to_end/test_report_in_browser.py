"""The HTML report in Debian's Chromium, offline: nothing is fetched, cut off or overlapping.

Screenshots and the printed report are kept in pytest's temporary folder for inspection.
"""

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conflict_pipeline.cycles import ledger
from conflict_pipeline.devtools.demo.sample import load_sample
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.report.publish import publish_newest
from conflict_pipeline_tests.end_to_end.test_browser import CHROMIUM_ARGUMENTS
from conflict_pipeline_tests.report.cycles import SIZE, complete, one_conflict
from conflict_pipeline_tests.rows import small_world

if TYPE_CHECKING:  # not installed by `make test` or `make types`
    from playwright.sync_api import Browser, Request  # type: ignore[import-not-found, unused-ignore]

pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]

# Overlapping texts in a drawing, and texts that extend beyond the window or, on paper, their block.
OVERLAPS = """() => [...document.querySelectorAll('svg')].flatMap(svg => {
    const texts = [...svg.querySelectorAll('text')]
        .map(text => [text.textContent, text.getBoundingClientRect()])
        .filter(([text, box]) => text.trim() && box.width);
    return texts.flatMap(([one, a], place) => texts.slice(place + 1)
        .filter(([, b]) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
            && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4)
        .map(([other]) => `${one} / ${other}`));
})"""
OUTSIDE = """() => [...document.querySelectorAll('svg text, h2, h3, p, dd, dt, summary')].filter(element => {
    const box = element.getBoundingClientRect();
    const block = element.closest('figure')?.getBoundingClientRect() ?? {left: 0};
    return box.width && (box.left < block.left || box.right > document.documentElement.clientWidth + 1);
}).map(element => element.textContent)"""


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    # Imported here because tests are also collected where playwright is not installed.
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=CHROMIUM_ARGUMENTS
        )
        yield browser
        browser.close()


@pytest.fixture(params=["sample", "one row", "nothing"])
def report(request: pytest.FixtureRequest, database: Postgres, session: Session) -> Path:
    if request.param == "sample":
        load_sample(session, SIZE, ledger.today(session))
    else:
        (one_conflict if request.param == "one row" else small_world)(session)
    complete(database, session)
    return publish_newest(database).path


def _note(asked: list[str], request: "Request") -> None:
    asked.append(request.url)


def test_the_page_is_readable_on_a_desktop_on_a_phone_and_on_paper(
    browser: "Browser", report: Path, tmp_path: Path
) -> None:
    for width in (1400, 390):
        for scheme in ("light", "dark"):
            page = browser.new_context(
                viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
            ).new_page()
            asked: list[str] = []
            page.on("request", partial(_note, asked))
            page.goto(report.as_uri())
            page.screenshot(path=tmp_path / f"{width}_{scheme}.png", full_page=True)
            assert asked == [report.as_uri()]
            assert page.evaluate("document.documentElement.scrollWidth") == width
            assert page.evaluate(OVERLAPS) == []
            assert page.evaluate(OUTSIDE) == []
            page.context.close()
    page = browser.new_page()
    page.goto(report.as_uri())
    printed = page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True)
    assert printed.startswith(b"%PDF")
    page.close()


def test_the_numbers_behind_a_chart_open_without_scripts(browser: "Browser", report: Path) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(report.as_uri())

    page.get_by_text("Show the numbers").first.click()

    page.get_by_role("table").first.wait_for(state="visible")
    page.context.close()
