"""The page: valid HTML, no external resources, a table behind every chart, nothing private."""

import itertools
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from html import escape
from html.parser import HTMLParser
from typing import Any

import pytest

from conflict_pipeline.cycles import ledger
from conflict_pipeline.model import Cycle
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.report import by_party
from conflict_pipeline.report.figures import Report, Row, compute
from conflict_pipeline.report.files import contents
from conflict_pipeline.report.page import Section, render
from conflict_pipeline.report.sections import sections
from conflict_pipeline_tests.end_to_end.privacy import private_values
from conflict_pipeline_tests.report.drawing import drawn_once

__all__ = ["drawn_once"]  # fixture

pytestmark = pytest.mark.usefixtures("drawn_once")

_VOID = {"meta", "br", "link", "img", "hr", "input"}


class Page(HTMLParser):
    """The tags of a page; fails if they are not properly nested."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = text
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def page_of(report: Report) -> str:
    return render(report, sections(report))


@pytest.fixture
def sample_page(drawn_once: None, sample_report: Report) -> str:
    return page_of(sample_report)


def check_page(text: str) -> Page:
    """Check what holds for every page, regardless of its contents."""
    page = Page(text)
    # Nothing is fetched: the only addresses are names of XML namespaces and anchors of the page.
    assert set(re.findall(r"[a-z]+://[^\s\"'<]*", text)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert not re.search(r"url\(|@import|<script|<iframe|<img|<link|javascript:|\bon\w+=", text)
    links = [str(attrs["href"]) for attrs in page.attributes("a")]
    names = {attrs["id"] for _, attrs in page.tags if "id" in attrs}
    assert {link.removeprefix("#") for link in links} <= names
    assert all(link.startswith("#") for link in links)
    # Every drawing has a label and a table with its numbers.
    for figure in re.findall(r"<figure.*?</figure>", text, re.DOTALL):
        drawings = re.findall(r"<svg[^>]*>", figure)
        assert len(drawings) in {0, 2, 3}  # one for the page, one for a phone, and possibly one for paper
        assert all(
            'role="img"' in drawing and len(drawing.partition('aria-label="')[2]) > 20 for drawing in drawings
        )
        assert not drawings or "<table" in figure
        assert 'href="#definition-' in figure
    assert "None" not in re.sub(r"<style>.*?</style>|<svg.*?</svg>", "", text, flags=re.DOTALL)
    assert "nan" not in re.findall(r"[\w.]+", text)
    assert len(text.encode()) < 5_000_000
    return page


def test_the_page_of_the_sample_is_complete(sample_page: str, sample_cycle: Cycle) -> None:
    page = check_page(sample_page)

    assert len(page.attributes("svg")) == 2 * 11 + 3
    assert len(page.attributes("figure")) == 18
    assert "No conflicts." not in sample_page
    assert sample_cycle.cycle_key in sample_page


def test_the_page_of_an_empty_cycle_has_no_charts_of_conflicts(empty_report: Report) -> None:
    text = page_of(empty_report)

    check_page(text)
    assert text.count("No conflicts.") > 8


def test_the_page_of_one_row_is_complete_and_markup_in_a_name_is_text(one_row_report: Report) -> None:
    text = page_of(one_row_report)

    check_page(text)
    assert "<b>x" not in text
    assert "&lt;b&gt;x&lt;/b&gt;&amp;" in text


def test_no_file_holds_anything_private(
    sample_database: Postgres, sample_report: Report, sample_page: str
) -> None:
    private = private_values(sample_database)
    assert len(private) > 1_000

    for name, content in contents(sample_report, sample_page).items():
        assert [value for value in private if value in content] == [], name


def test_the_setting_for_names_shows_names_of_aides_and_nothing_else_private(
    sample_database: Postgres, sample_session: Session, sample_cycle: Cycle
) -> None:
    settings = sample_database.settings.model_copy(update={"report_shows_names": True})
    report = compute(sample_session, sample_cycle, settings)
    query = """SELECT "Caregiver Fullname" AS name FROM analytics.dimcaregiver"""
    names = {str(row["name"]).encode() for row in sample_session.conn.execute(query)}

    # Charts are left out because they do not depend on the setting.
    text = render(report, [Section("aides", "Aides", [by_party.aides(report), by_party.oldest(report)])])

    files = contents(report, text)
    shown = {value for value in private_values(sample_database) if any(value in f for f in files.values())}
    assert shown
    assert shown <= names
    assert "handle it accordingly" in text


def test_the_same_rows_make_the_same_page(one_row_database: Postgres) -> None:
    with one_row_database.session("test") as session:
        cycle = ledger.require_cycle(session)
        first, second = (page_of(compute(session, cycle, one_row_database.settings)) for _ in range(2))

    def without_time(text: str) -> str:
        return re.sub(r"<footer>.*</footer>", "", text, flags=re.DOTALL)

    assert without_time(first) == without_time(second)


HOSTILE_NAMES = [
    "<script>alert(1)</script>",
    "</style></svg><img src=x onerror=alert(1)>",
    """"'><svg onload=alert(1)> """,
    "{{ 7 }} {% raw %} %s ]]> <!-- &lt;",
    "\u202eevil \\ \x01\x0b\ufffe",  # characters that XML forbids, on which vl-convert would abort
    "W" * 40,
]


def with_hostile_names(report: Report) -> Report:
    """Return the report with these names for every provider, payer and aide."""
    counters: dict[str, Iterator[int]] = defaultdict(itertools.count)

    def hostile(key: str, value: Any) -> Any:
        if not (key.endswith("_name") or key == "value"):
            return value
        place = next(counters[key])
        return f"{HOSTILE_NAMES[place % len(HOSTILE_NAMES)]}{place}"

    def renamed(row: Row) -> Row:
        return {key: hostile(key, value) for key, value in row.items()}

    figures = {
        name: replace(figure, rows=[renamed(row) for row in figure.rows])
        for name, figure in report.figures.items()
    }
    return replace(report, figures=figures, shows_names=True)


def test_hostile_names_do_not_change_the_tags_of_the_page(sample_report: Report, sample_page: str) -> None:
    harmless = Page(sample_page)

    text = page_of(with_hostile_names(sample_report))

    page = Page(text)
    assert {tag for tag, _ in page.tags} == {tag for tag, _ in harmless.tags}
    assert {attribute for _, attributes in page.tags for attribute in attributes} <= {
        attribute for _, attributes in harmless.tags for attribute in attributes
    }
    shown = text.replace("&#34;", '"').replace("&#39;", "'")
    assert [name for name in HOSTILE_NAMES if escape(name, quote=False) not in shown] == []
