"""The layers of docs/contributing.md: no import upwards, no circle, and Dagster only where it belongs."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import conflict_pipeline

PACKAGE = Path(conflict_pipeline.__file__).parent
# From top to bottom. A module imports only from rows below its own, and from its own folder.
LAYERS = (
    ("cli", "definitions"),
    ("devtools",),
    ("defs",),
    ("report",),
    ("cycles", "loads", "parity"),
    ("steps",),
    ("snowflake",),
    ("postgres",),
    ("settings", "s3"),
    ("model", "errors", "logs", "statements", "settings_checks"),
)
ROWS = {part: row for row, parts in enumerate(LAYERS) for part in parts}
USES_DAGSTER = {"defs", "definitions"}
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in PACKAGE.rglob("*.py")
}


def _imports(module: str) -> Iterator[str]:
    """The modules that a module imports, also inside functions."""
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in MODULES else node.module for name in names)


def _part(module: str) -> str:
    """The folder, or the module at top level: `cycles`, `cli`."""
    return module.split(".")[1]


IMPORTS = {module: set(_imports(module)) for module in MODULES if module != PACKAGE.name}


def test_every_module_has_a_layer() -> None:
    assert {_part(module) for module in IMPORTS} == ROWS.keys()


def test_no_module_imports_upwards() -> None:
    upwards = [
        f"{module} imports {imported}"
        for module, found in IMPORTS.items()
        for imported in found & IMPORTS.keys()
        if _part(imported) != _part(module) and ROWS[_part(imported)] <= ROWS[_part(module)]
    ]

    assert upwards == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    TopologicalSorter({module: found & IMPORTS.keys() for module, found in IMPORTS.items()}).prepare()


def test_only_the_dagster_layer_imports_dagster() -> None:
    importing = {
        _part(module)
        for module, found in IMPORTS.items()
        if "dagster" in {imported.partition(".")[0] for imported in found}
    }

    assert importing <= USES_DAGSTER
