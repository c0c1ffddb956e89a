"""The words that docs/glossary.md bans appear on no other page."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from conflict_pipeline.statements import SQL_FOLDER

ROOT = SQL_FOLDER.parent
GLOSSARY = ROOT / "docs" / "glossary.md"
FOLDERS = ("conflict_pipeline", "conflict_pipeline_tests", "deploy", "docs", "sql")
SUFFIXES = {".html", ".md", ".py", ".sql"}
# These two name the words in order to ban them.
EXEMPT = {GLOSSARY, Path(__file__)}


def banned_patterns() -> dict[re.Pattern[str], str]:
    """The patterns of the words in the first table of the glossary's section, and what to write instead."""
    section = GLOSSARY.read_text(encoding="utf-8").partition("## Banned words")[2]
    rows = re.findall(r"^\| (`.+`) \| (.+) \|$", section, re.MULTILINE)
    return {_pattern(word): instead for words, instead in rows for word in re.findall("`(.+?)`", words)}


def _pattern(word: str) -> re.Pattern[str]:
    """As a whole word in any case; a constant's prefix in upper case only. `"nobody"` is a Unix user."""
    if word.isupper():
        return re.compile(rf"(?<![A-Z]){word}")
    return re.compile(rf"(?<![a-z]){word}s?(?![a-z])(?!\")", re.IGNORECASE)


def found_in(text: str, patterns: dict[re.Pattern[str], str]) -> Iterator[str]:
    """The banned words in the text, each with the number of its line and what to write instead."""
    for number, line in enumerate(text.splitlines(), start=1):
        for pattern, instead in patterns.items():
            for match in pattern.finditer(line):
                yield f"{number}: {match[0]}, but: {instead}"


def checked_files() -> list[Path]:
    """Every text of the repository, and none of a virtual environment."""
    paths = [*ROOT.glob("*.md"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))]
    return sorted(path for path in paths if path.suffix in SUFFIXES and path not in EXEMPT)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Line\nTwo stand-ins", ["2: stand-ins, but: emulator"]),
        ("_MOST_ROWS = 3", ["1: MOST_, but: MAX_, MIN_, …_TIMEOUT, …_INTERVAL"]),
        ("Somebody lends", ["1: Somebody, but: operator", "1: lends, but: session_factory"]),
        ('almost_most_rows(user="nobody"), a calendar, blended', []),
    ],
)
def test_a_banned_word_is_found_with_its_line_and_replacement(text: str, found: list[str]) -> None:
    matches = list(found_in(text, banned_patterns()))

    assert [match[: len(start)] for match, start in zip(matches, found, strict=True)] == found


def test_no_file_has_a_banned_word() -> None:
    patterns = banned_patterns()
    files = checked_files()
    assert len(patterns) > 10
    assert len(files) > 100

    found = [
        f"{path.relative_to(ROOT)}:{match}"
        for path in files
        for match in found_in(path.read_text(encoding="utf-8"), patterns)
    ]

    assert found == []
