"""Rules for every file of sql/; a test lists the files that break its rule."""

import re
from collections.abc import Callable
from pathlib import Path

import conflict_pipeline
from conflict_pipeline.statements import SQL_FOLDER

FILES = {
    path.relative_to(SQL_FOLDER).with_suffix("").as_posix(): path.read_text(encoding="utf-8")
    for path in sorted(SQL_FOLDER.rglob("*.sql"))
}
FRAGMENTS = {name for name in FILES if name.startswith("fragments/")}
PACKAGE = Path(conflict_pipeline.__file__).parent
MAX_LINE_LENGTH = 130
COMMENT = re.compile(r"--.*$", re.MULTILINE)
# Outside comments, a semicolon may stand in these without ending a statement.
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
VERB = re.compile(r"\s*(SELECT|WITH|INSERT|UPDATE|DELETE|CREATE|ALTER|GRANT|REVOKE)\b")


def offenders(keeps_rule: Callable[[str, str], object]) -> list[str]:
    """The files, by name and text, that do not keep the rule."""
    return [name for name, text in FILES.items() if not keeps_rule(name, text)]


def test_the_files_are_found() -> None:
    assert len(FILES) > 40


def test_a_comment_on_top_says_what_the_statement_does() -> None:
    assert offenders(lambda _, text: re.match(r"-- \S.{15,}", text)) == []


def test_a_file_holds_a_fragment_or_one_statement_without_a_closing_semicolon() -> None:
    def is_one_statement(name: str, text: str) -> bool:
        code = COMMENT.sub("", QUOTED.sub("''", COMMENT.sub("", text)))
        return (name in FRAGMENTS or bool(VERB.match(code))) and ";" not in code

    assert offenders(is_one_statement) == []


def test_comments_hold_no_placeholder() -> None:
    assert offenders(lambda _, text: not re.search(r"[{}%]", "".join(COMMENT.findall(text)))) == []


def test_there_are_no_block_comments() -> None:
    assert offenders(lambda _, text: "/*" not in text) == []


def test_no_line_is_too_long() -> None:
    assert offenders(lambda _, text: max(map(len, text.splitlines())) <= MAX_LINE_LENGTH) == []


def test_a_name_is_a_verb_and_a_noun_or_that_of_its_index() -> None:
    def is_well_named(name: str, text: str) -> bool:
        folder, _, stem = name.rpartition("/")
        if folder.endswith("/indexes"):
            return f"IF NOT EXISTS {stem}\n" in text
        return bool(re.fullmatch(r"([0-9]{2}_)?[a-z]+(_[a-z]+)+", stem))

    assert offenders(is_well_named) == []


def test_every_file_is_used() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    applies_numbered_files = '.glob("[0-9]*.sql")' in source
    creates_indexes = '"schema" / "indexes").glob("*.sql")' in source

    def is_used(name: str, _: str) -> bool:
        folder, _, stem = name.rpartition("/")
        if name in FRAGMENTS:
            return any(f"{{{stem}}}" in text for text in FILES.values())
        if folder == "schema" and stem[:2].isdigit():
            return applies_numbered_files
        if folder == "schema/indexes":
            return creates_indexes
        # The declaration of a check holds its name without the verb and the mode.
        check = stem.removeprefix("check_").removesuffix("_incremental")
        return any(f'"{known}"' in source for known in (name, stem, check))

    assert offenders(is_used) == []
