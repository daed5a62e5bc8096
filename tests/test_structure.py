"""The shape of the project: which way imports go, and what nobody does."""

import ast
from pathlib import Path

import pytest
import tiny

PACKAGE = tiny.ROOT / "rnnformer_demo"
# From left to right: whoever stands further right may import what stands further left.
ORDER = (
    ("vision", "data", "colours", "memory", "calibration", "gru", "intervals"),
    ("layers",),
    ("models",),
    ("ood",),
    ("cards",),
    ("checkpoints",),
    ("recurrence",),
    ("tracing",),
    ("beliefs", "attention"),
    ("interventions", "reduction"),
    ("explain",),
    ("trust",),
    ("whatif",),
    ("pipeline",),
    ("inquiry",),
    ("comparison",),
    ("descriptions",),
    ("figures",),
    ("report",),
    ("groundtruth",),
    ("ui",),
    ("app",),
)
PLACE = {name: place for place, names in enumerate(ORDER) for name in names}
OFFLINE = ("training", "cli", "bench", "__main__")  # beside the way through the house
TRAINING_USES = {
    "vision",
    "calibration",
    "data",
    "gru",
    "intervals",
    "layers",
    "models",
    "ood",
    "cards",
    "checkpoints",
    "recurrence",
    "tracing",
    "training",
}
FILES = sorted(PACKAGE.rglob("*.py")) + [tiny.ROOT / "app.py"] * (tiny.ROOT / "app.py").exists()
every_file = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(tiny.ROOT)))


def part_of(path: Path) -> str:
    """The place of a file: "data" for rnnformer_demo/data/text.py."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py") if PACKAGE in path.parents else path.stem


def imports(path: Path) -> set[str]:
    """Absolute names of all that a file imports, wherever in the file."""
    parents = ["rnnformer_demo", *path.relative_to(PACKAGE).parts[:-1]] if PACKAGE in path.parents else []
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = parents[: len(parents) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            found |= {f"{module}.{alias.name}" for alias in node.names}
    return found


def parts_imported(path: Path) -> set[str]:
    """Which parts of the package a file imports."""
    own = {name.split(".")[1] for name in imports(path) if name.startswith("rnnformer_demo.")}
    return {name for name in own if (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").exists()}


def imports_package(path: Path, *packages: str) -> bool:
    return any(name == package or name.startswith(package + ".") for name in imports(path) for package in packages)


@every_file
def test_every_part_has_its_place(path):
    assert part_of(path) in {*PLACE, *OFFLINE, "__init__"}


@every_file
def test_imports_go_only_to_the_left(path):
    part, used = part_of(path), parts_imported(path)
    if part in ("cli", "bench", "__main__", "__init__"):
        return
    if part == "training":
        assert used <= TRAINING_USES
        return
    assert not used & set(OFFLINE)
    backwards = {name for name in used - {part} if PLACE[name] >= PLACE[part]}
    assert backwards == set()


@every_file
def test_the_page_does_without_training(path):
    if part_of(path) not in ("training", "cli"):
        assert "training" not in parts_imported(path)


@every_file
def test_torchvision_comes_through_vision_alone(path):
    assert imports_package(path, "torchvision") == (path == PACKAGE / "vision.py")


@every_file
def test_nobody_uses_pyplot_or_pickles(path):
    assert not imports_package(path, "matplotlib.pyplot", "pickle", "dill", "joblib", "shelve")


@every_file
def test_captum_is_used_in_explain_alone_and_gradio_in_the_page_alone(path):
    if part_of(path) not in ("explain", "trust"):
        assert not imports_package(path, "captum")
    if part_of(path) not in ("ui", "app", "bench"):
        assert not imports_package(path, "gradio")


def calls(path: Path) -> list[ast.Call]:
    return [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]


def options(call: ast.Call) -> dict[str, object]:
    return {option.arg: getattr(option.value, "value", None) for option in call.keywords}


@every_file
def test_weights_are_loaded_strictly_and_never_unpickled(path):
    for call in calls(path):
        name = ast.unparse(call.func)
        if name.endswith(".load_state_dict") and "optimizer" not in name:
            assert options(call).get("strict") is True, ast.unparse(call)
        if name == "torch.load":
            assert path == PACKAGE / "training" / "trunk.py"
            assert options(call).get("weights_only") is True
        assert name != "torch.save"


@every_file
def test_no_bare_except_and_no_exec(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not any(isinstance(node, ast.ExceptHandler) and node.type is None for node in ast.walk(tree))
    assert not {ast.unparse(call.func) for call in calls(path)} & {"exec", "eval"}


@every_file
def test_what_is_public_has_a_docstring(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{node.name}, line {node.lineno}"


@every_file
def test_rooms_are_small(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 350


def test_the_top_level_holds_what_the_project_agreed_on():
    allowed = {"app.py", "rnnformer_demo", "checkpoints", "tests", "requirements.txt", "README.md"}
    tools = {"LICENSE", "pyproject.toml", ".gitignore", ".gitattributes", ".ci"}
    ignored = {".git", "runs", "data", ".venv", "venv", ".pytest_cache", ".ruff_cache", ".hypothesis", ".gradio"}
    found = {path.name for path in tiny.ROOT.iterdir()}
    assert allowed <= found
    assert found - allowed - tools - ignored - {"__pycache__"} == set()


def test_what_trains_needs_neither_gradio_nor_captum():
    out = tiny.run_python(
        "import sys\n"
        "import rnnformer_demo.training.text, rnnformer_demo.training.image, rnnformer_demo.training.evaluation\n"
        "print([name for name in ('gradio', 'captum', 'matplotlib') if name in sys.modules])"
    )
    assert out == "[]"
