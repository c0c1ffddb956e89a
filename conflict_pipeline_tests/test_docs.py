"""README and docs name only what exists, and leave no setting, job or command out."""

import re
from collections.abc import Iterator
from pathlib import Path

import typer.main
from typer.core import TyperGroup

from conflict_pipeline.cli import app
from conflict_pipeline.definitions import defs
from conflict_pipeline.settings import Settings

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
# What a path may be given relative to, so that a table of tests need not repeat their folder.
BASES = (ROOT, ROOT / "conflict_pipeline", ROOT / "conflict_pipeline_tests")
# Settings of the server, the shell and other tools.
OTHER_SETTINGS = {"DAGSTER_HOME", "TEST_POSTGRES_CONNINFO"}

# The step that the README and contributing.md add as an example.
EXAMPLE = {"visit_counts.py", "test_visit_counts.py", "sql/steps/visit_counts/"}


def _anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _links() -> Iterator[tuple[Path, str]]:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                yield page, target


def _is_broken(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    linked = page.parent / path if path else page
    return not linked.exists() or (anchor != "" and anchor not in _anchors(linked))


def test_the_readme_is_at_most_8000_bytes() -> None:
    assert README.stat().st_size <= 8_000


def test_every_link_resolves() -> None:
    assert [(page.name, target) for page, target in _links() if _is_broken(page, target)] == []


def test_every_path_exists() -> None:
    paths = set(re.findall(r"`((?:[\w.-]+/)+(?:[\w-]+\.(?:py|sql|csv|md|png|yaml))?)`", TEXT))
    paths |= set(re.findall(r"`(\w+\.(?:py|csv|md|toml|txt|yaml))`", TEXT))

    missing = {path for path in paths - EXAMPLE if not any((base / path).exists() for base in BASES)}

    assert len(paths) > 50
    assert missing == set()


def test_every_command_and_option_exists() -> None:
    commands = _commands()
    named = set(re.findall(r"conflict-pipeline ((?:schema )?[a-z]+)((?: --[a-z-]+)*)", TEXT))

    assert len(named) > 8
    assert {command for command, _ in named} <= commands.keys()
    assert [
        (command, option)
        for command, options in sorted(named)
        for option in options.split()
        if option not in commands[command]
    ] == []


def test_every_setting_is_described_and_exists() -> None:
    page = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    described = set(re.findall(r"^\| `([A-Z_0-9]+)` \|", page, re.MULTILINE))
    prefixes = "|".join({name.split("_")[0].upper() for name in Settings.model_fields})
    named = set(re.findall(rf"\b(?:{prefixes})_[A-Z_0-9]*[A-Z]\b", TEXT)) - OTHER_SETTINGS

    assert described == {name.upper() for name in Settings.model_fields}
    assert named <= described


def test_every_job_is_described_and_exists() -> None:
    page = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", page, re.MULTILINE)
    described = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    launched = set(re.findall(r"(?:-j|--job) (\w+)", TEXT))
    jobs = {job.name for job in defs.get_repository_def().get_all_jobs()} - {"__ASSET_JOB"}
    sensors = {sensor.name for sensor in defs.get_repository_def().sensor_defs}

    assert jobs | sensors <= described
    assert launched <= jobs


def _commands() -> dict[str, set[str]]:
    """The options of each command, by its name: `status`, `schema apply`."""

    def walk(group: TyperGroup, prefix: str) -> Iterator[tuple[str, set[str]]]:
        for name, command in group.commands.items():
            yield f"{prefix}{name}", {option for parameter in command.params for option in parameter.opts}
            if isinstance(command, TyperGroup):
                yield from walk(command, f"{name} ")

    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return dict(walk(group, ""))
