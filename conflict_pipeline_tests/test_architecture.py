"""The layers of docs/contributing.md: a module imports only from rows below its own, and in no circle."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import conflict_pipeline

PACKAGE = Path(conflict_pipeline.__file__).parent
# From top to bottom. Modules of one row do not import one another, but those of one folder may.
LAYERS = (
    {"cli", "definitions"},
    {"devtools"},
    {"defs"},
    {"report"},
    {"cycles", "parity", "loads"},
    {"steps"},
    {"snowflake"},
    {"postgres"},
    {"settings", "settings_checks", "s3"},
    {"model", "errors", "logs", "statements"},
)
ROW = {name: number for number, names in enumerate(LAYERS) for name in names}
# settings calls the checks of several settings, and these know nothing of it.
SAME_ROW = {("settings", "settings_checks")}


def modules() -> dict[str, Path]:
    return {
        ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
        for path in PACKAGE.rglob("*.py")
        if path != PACKAGE / "__init__.py"
    }


def imports(path: Path, known: dict[str, Path]) -> set[str]:
    """The modules of the package that the module imports, those that it imports inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("conflict_pipeline"):
            parent = node.module.removeprefix("conflict_pipeline").removeprefix(".")
            names = [f"{parent}.{alias.name}".removeprefix(".") for alias in node.names]
            found |= {name if name in known else parent for name in names}
    return found & known.keys()


def top(module: str) -> str:
    return module.partition(".")[0]


def test_every_module_has_a_layer() -> None:
    assert {top(module) for module in modules()} == ROW.keys()


def test_no_module_imports_upwards() -> None:
    known = modules()

    offenders = [
        f"{module} imports {imported}"
        for module, path in known.items()
        for imported in imports(path, known)
        if top(module) != top(imported)
        and ROW[top(imported)] <= ROW[top(module)]
        and (module, imported) not in SAME_ROW
    ]

    assert offenders == []


def test_no_imports_form_a_circle() -> None:
    known = modules()

    TopologicalSorter({module: imports(path, known) for module, path in known.items()}).prepare()


def test_dagster_is_imported_in_defs_and_definitions_alone() -> None:
    offenders = [
        module
        for module, path in modules().items()
        if top(module) not in {"defs", "definitions"} and _imports_dagster(path)
    ]

    assert offenders == []


def _imports_dagster(path: Path) -> bool:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return any(
        (isinstance(node, ast.Import) and any(top(alias.name) == "dagster" for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and top(node.module or "") == "dagster")
        for node in nodes
    )
