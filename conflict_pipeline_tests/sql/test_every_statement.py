"""What must hold of every file of sql/, whoever wrote it."""

import re
from pathlib import Path

import pytest

import conflict_pipeline
from conflict_pipeline.statements import SQL_FOLDER

FILES = sorted(SQL_FOLDER.rglob("*.sql"))
NAMES = [path.relative_to(SQL_FOLDER).with_suffix("").as_posix() for path in FILES]
TESTS = Path(__file__).parent
SOURCE = "\n".join(
    path.read_text(encoding="utf-8") for path in Path(conflict_pipeline.__file__).parent.rglob("*.py")
)
# What a semicolon may stand in without ending a statement, comments apart.
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
COMMENT = re.compile(r"--.*$", re.MULTILINE)

every_file = pytest.mark.parametrize("path", FILES, ids=NAMES)


def test_there_are_statements() -> None:
    assert len(FILES) > 40


@pytest.mark.parametrize("name", NAMES)
def test_it_has_a_test_module_of_its_own(name: str) -> None:
    folder, _, statement = name.rpartition("/")

    assert (TESTS / folder / f"test_{statement}.py").is_file()


@every_file
def test_a_comment_on_top_says_what_it_does(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]

    assert re.match(r"-- \S.{15,}", first)


@every_file
def test_it_holds_one_statement_that_a_semicolon_does_not_end(path: Path) -> None:
    text = COMMENT.sub("", QUOTED.sub("''", COMMENT.sub("", path.read_text(encoding="utf-8"))))

    assert re.match(r"\s*(SELECT|WITH|INSERT|UPDATE|DELETE|CREATE|ALTER|GRANT)\b", text)
    assert ";" not in text


@every_file
def test_its_comments_hold_no_place_for_a_value_or_name(path: Path) -> None:
    comments = "".join(COMMENT.findall(path.read_text(encoding="utf-8")))

    assert not re.search(r"[{}%]", comments)


@every_file
def test_it_has_no_block_comment_and_no_line_that_is_too_long(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert "/*" not in text
    assert max(map(len, text.splitlines())) <= 130


@every_file
def test_its_name_is_a_verb_and_a_noun(path: Path) -> None:
    if path.parent.name == "indexes":  # named after the index
        assert f"IF NOT EXISTS {path.stem}\n" in path.read_text(encoding="utf-8")
    else:
        assert re.fullmatch(r"([0-9]{2}_)?[a-z]+(_[a-z]+)+", path.stem)


@pytest.mark.parametrize("name", NAMES)
def test_the_package_loads_it(name: str) -> None:
    folder, _, statement = name.rpartition("/")
    # The files of a number are found by their folder, in their order.
    is_in_folder = folder == "schema" and statement[:2].isdigit() and '.glob("[0-9]*.sql")' in SOURCE

    assert is_in_folder or f'"{name}"' in SOURCE or f'"{statement}"' in SOURCE
