"""The page as a file: sound HTML, nothing from outside, a table behind every chart, nothing private."""

import re
from html import escape
from html.parser import HTMLParser

import pytest

from conflict_pipeline.cycles import ledger
from conflict_pipeline.devtools.demo.sample import load_sample
from conflict_pipeline.model import Cycle
from conflict_pipeline.postgres.database import Postgres
from conflict_pipeline.postgres.session import Session
from conflict_pipeline.report.figures import compute
from conflict_pipeline.report.files import contents
from conflict_pipeline.report.page import render
from conflict_pipeline.report.sections import sections
from conflict_pipeline.settings import Settings
from conflict_pipeline_tests.end_to_end.privacy import private_values
from conflict_pipeline_tests.report.cycles import SIZE, complete, empty_world, one_conflict
from conflict_pipeline_tests.small_cycles import SMALL

_VOID = {"meta", "br", "link", "img", "hr", "input"}


class Page(HTMLParser):
    """What the tests ask of a page; fails on a tag that is not closed as it was opened."""

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


def page_of(database: Postgres, session: Session, cycle: Cycle, settings: Settings | None = None) -> str:
    report = compute(session, cycle, settings or database.settings)
    return render(report, sections(report))


@pytest.fixture
def sample_cycle(database: Postgres, session: Session) -> Cycle:
    load_sample(session, SIZE, ledger.today(session))
    return complete(database, session)


def check_page(text: str) -> Page:
    """What holds of every page, whatever is in it."""
    page = Page(text)
    # Nothing is fetched: no address but names of namespaces and places in the page itself.
    assert set(re.findall(r"[a-z]+://[^\s\"'<]*", text)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert not re.search(r"url\(|@import|<script|<iframe|<img|<link|javascript:|\bon\w+=", text)
    links = [str(attrs["href"]) for attrs in page.attributes("a")]
    names = {attrs["id"] for _, attrs in page.tags if "id" in attrs}
    assert {link.removeprefix("#") for link in links} <= names
    assert all(link.startswith("#") for link in links)
    # Every drawing says what it is, and has its numbers in a table beside it.
    for figure in re.findall(r"<figure.*?</figure>", text, re.DOTALL):
        drawings = re.findall(r"<svg[^>]*>", figure)
        assert len(drawings) in {0, 2, 3}  # for the page, for a phone, and some for paper
        assert all(
            'role="img"' in drawing and len(drawing.partition('aria-label="')[2]) > 20 for drawing in drawings
        )
        assert not drawings or "<table" in figure
        assert 'href="#definition-' in figure
    assert "None" not in re.sub(r"<style>.*?</style>|<svg.*?</svg>", "", text, flags=re.DOTALL)
    assert "nan" not in re.findall(r"[\w.]+", text)
    assert len(text.encode()) < 5_000_000
    return page


def test_the_page_of_the_sample_is_whole(database: Postgres, session: Session, sample_cycle: Cycle) -> None:
    text = page_of(database, session, sample_cycle)

    page = check_page(text)

    assert len(page.attributes("svg")) == 2 * 11 + 3
    assert len(page.attributes("figure")) == 18
    assert "No conflicts." not in text
    assert sample_cycle.cycle_key in text


def test_the_page_of_an_empty_cycle_says_so(database: Postgres, session: Session) -> None:
    empty_world(session)

    text = page_of(database, session, complete(database, session))

    check_page(text)
    assert text.count("No conflicts.") > 8


def test_the_page_of_one_row_is_whole(database: Postgres, session: Session) -> None:
    one_conflict(session)

    check_page(page_of(database, session, complete(database, session, SMALL)))


def test_nothing_private_is_in_any_file(database: Postgres, session: Session, sample_cycle: Cycle) -> None:
    report = compute(session, sample_cycle, database.settings)
    private = private_values(database)
    assert len(private) > 1_000

    for name, content in contents(report, render(report, sections(report))).items():
        assert [value for value in private if value in content] == [], name


def test_names_of_aides_are_shown_if_the_settings_allow_it_and_nothing_else_private(
    database: Postgres, session: Session, sample_cycle: Cycle
) -> None:
    names = {
        str(row["name"])
        for row in session.conn.execute("""SELECT "Caregiver Fullname" AS name FROM analytics.dimcaregiver""")
    }
    settings = database.settings.model_copy(update={"report_shows_names": True})

    text = page_of(database, session, sample_cycle, settings)

    shown = {value.decode() for value in private_values(database) if value in text.encode()}
    assert shown
    assert shown <= names
    assert "handle it accordingly" in text


def test_the_same_rows_make_the_same_page(database: Postgres, session: Session, sample_cycle: Cycle) -> None:
    first, second = (page_of(database, session, sample_cycle) for _ in range(2))

    def without_time(text: str) -> str:
        return re.sub(r"<footer>.*</footer>", "", text, flags=re.DOTALL)

    assert without_time(first) == without_time(second)


def test_markup_in_a_name_is_text(database: Postgres, session: Session) -> None:
    one_conflict(session)
    session.conn.execute(
        """UPDATE analytics.dimprovider SET "Provider Name" = '<b>x</b>&' || "Provider Id" """
    )

    text = page_of(database, session, complete(database, session, SMALL))

    check_page(text)
    assert "<b>x" not in text
    assert "&lt;b&gt;x&lt;/b&gt;&amp;p1" in text


HOSTILE_NAMES = [
    "<script>alert(1)</script>",
    "</style></svg><img src=x onerror=alert(1)>",
    """"'><svg onload=alert(1)> """,
    "{{ 7 }} {% raw %} %s ]]> <!-- &lt;",
    "\u202eevil \\ \x01\x0b\ufffe",  # no characters of XML: the drawer of charts dies of them
    "W" * 40,
]


def test_whatever_people_and_agencies_are_called_the_page_has_the_same_tags(
    database: Postgres, session: Session
) -> None:
    load_sample(session, SIZE, ledger.today(session))
    settings = database.settings.model_copy(update={"report_shows_names": True})
    harmless = Page(page_of(database, session, complete(database, session), settings))
    for table, column, key in (
        ("dimprovider", "Provider Name", "Provider Id"),
        ("dimpayer", "Payer Name", "Payer Id"),
        ("dimcaregiver", "Caregiver Fullname", "Caregiver Id"),
    ):
        statement = f"""UPDATE analytics.{table}
            SET "{column}" = (%s::text[])[1 + abs(hashtext("{key}") %% %s)] || "{key}\""""
        session.conn.execute(statement.encode(), [HOSTILE_NAMES, len(HOSTILE_NAMES)])

    text = page_of(database, session, complete(database, session), settings)

    page = Page(text)
    assert {tag for tag, _ in page.tags} == {tag for tag, _ in harmless.tags}
    assert {attribute for _, attributes in page.tags for attribute in attributes} <= {
        attribute for _, attributes in harmless.tags for attribute in attributes
    }
    shown = text.replace("&#34;", '"').replace("&#39;", "'")
    assert [name for name in HOSTILE_NAMES if escape(name, quote=False) not in shown] == []
