"""The shape of the project: which way imports go, and what nobody does."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import tiny

PACKAGE = tiny.ROOT / "rnnformer_demo"
# Imports go up only: a room may import those that stand before it. `evaluation` stands beside the way to the page.
ROOMS = (
    "document",
    "data",
    "nn",
    "models",
    "graphs",
    "confidence",
    "checkpoints",
    "interpret",
    "evaluation",
    "batch",
    "analysis",
    "views",
    "web",
    "report",
    "api",
    "ui",
    "site",
    "training",
    "bench",
    "cli",
    "__main__",
)
# The page needs none of these, and training needs nothing that draws or attributes.
NOT_FOR_TRAINING = ("analysis", "views", "web", "report", "api", "ui", "site")
FILES = tuple(sorted(PACKAGE.rglob("*.py")))


def room_of(path: Path) -> str:
    """The room of a file: "data" for rnnformer_demo/data/text.py."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(path: Path) -> frozenset[str]:
    """Absolute names of all that a file imports, wherever in the file."""
    parents = ["rnnformer_demo", *path.relative_to(PACKAGE).parts[:-1]]
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = parents[: len(parents) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            found |= {f"{module}.{alias.name}" for alias in node.names}
    return frozenset(found)


def uses(path: Path, *packages: str) -> bool:
    return any(name == package or name.startswith(package + ".") for name in imports(path) for package in packages)


def rooms_used(path: Path) -> set[str]:
    own = {name.split(".")[1] for name in imports(path) if name.startswith("rnnformer_demo.")}
    return own & set(ROOMS)


def calls() -> Iterator[tuple[Path, ast.Call]]:
    for path in FILES:
        yield from ((path, node) for node in ast.walk(tree(path)) if isinstance(node, ast.Call))


def test_imports_go_up_only():
    places = {room: place for place, room in enumerate(ROOMS)}
    assert {room_of(path) for path in FILES} - {"__init__"} <= set(ROOMS)
    backwards = [
        f"{path.relative_to(PACKAGE)} imports {used}"
        for path in FILES
        if room_of(path) != "__init__"
        for used in rooms_used(path) - {room_of(path)}
        if places[used] > places[room_of(path)] or (room_of(path) == "training" and used in NOT_FOR_TRAINING)
    ]
    assert backwards == []


def test_no_module_imports_one_that_imports_it():
    known = {f"rnnformer_demo.{'.'.join(path.relative_to(PACKAGE).with_suffix('').parts)}": path for path in FILES}
    edges = {
        module: {name for full in imports(path) for name in (full, full.rpartition(".")[0]) if name in known}
        for module, path in known.items()
    }
    reach = {module: set(targets) for module, targets in edges.items()}
    for _ in range(len(edges)):
        grown = {module: targets.union(*(reach[target] for target in targets)) for module, targets in reach.items()}
        if grown == reach:
            break
        reach = grown
    assert sorted(module for module, targets in reach.items() if module in targets) == []


def test_libraries_are_used_where_they_belong():
    for path in FILES:
        place, room = path.relative_to(PACKAGE), room_of(path)
        assert uses(path, "torchvision") == (place == Path("models/backbones/torchvision_compat.py")), place
        assert not uses(path, "matplotlib.pyplot", "pickle", "dill", "joblib", "shelve"), place
        assert not uses(path, "captum") or room == "interpret", place
        assert not uses(path, "gradio") or room in ("ui", "api", "bench"), place
        assert not uses(path, "torch") or room not in ("document", "views", "web", "report"), place


def test_weights_are_loaded_strictly_and_never_unpickled():
    for path, call in calls():
        name = ast.unparse(call.func)
        options = {option.arg: getattr(option.value, "value", None) for option in call.keywords}
        if name.endswith(".load_state_dict") and "optimizer" not in name:
            assert options.get("strict") is True, ast.unparse(call)
        if name == "torch.load":
            assert path == PACKAGE / "training/pretrained/backbones.py"
            assert options.get("weights_only") is True
        assert name not in ("torch.save", "exec", "eval"), ast.unparse(call)


def test_no_bare_except():
    for path in FILES:
        handlers = [node for node in ast.walk(tree(path)) if isinstance(node, ast.ExceptHandler)]
        assert all(handler.type is not None for handler in handlers), path


def test_what_is_public_has_a_docstring():
    for path in FILES:
        assert ast.get_docstring(tree(path)), path
        for node in tree(path).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{path}: {node.name}, line {node.lineno}"


def test_rooms_are_few_and_small():
    lengths = sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in FILES)
    assert lengths[len(lengths) // 2] <= 120
    assert lengths[-1] <= 350
    rooms = [path for path in PACKAGE.iterdir() if path.name != "__pycache__"]
    assert len(rooms) <= 22


def test_the_top_level_holds_what_the_project_agreed_on():
    allowed = {"app.py", "rnnformer_demo", "checkpoints", "tests", "requirements.txt", "README.md"}
    tools = {"LICENSE", "pyproject.toml", "packages.txt", "Dockerfile", ".gitignore", ".gitattributes", ".ci"}
    ignored = {".git", "runs", "data", ".venv", "venv", ".gradio", "__pycache__"}
    found = {path.name for path in tiny.ROOT.iterdir() if not path.name.endswith("_cache")}
    assert allowed <= found
    assert found - allowed - tools - ignored - {".hypothesis"} == set()


def test_what_trains_needs_neither_gradio_nor_captum():
    out = tiny.run_python(
        "import sys\n"
        "import rnnformer_demo.training.tasks.text, rnnformer_demo.training.tasks.image\n"
        "import rnnformer_demo.evaluation.classification\n"
        "print([name for name in ('gradio', 'captum', 'matplotlib') if name in sys.modules])"
    )
    assert out == "[]"


def test_what_analyses_photos_needs_no_torchvision():
    out = tiny.run_python(
        "import sys\n"
        "from rnnformer_demo.analysis.service import analyse\n"
        "from rnnformer_demo.data import reference_input\n"
        "wanted = ('attribution', 'prefixes')\n"
        "analyse('caltech101', reference_input('image', ''), wanted, method='relevance-propagation')\n"
        "print([name for name in ('torchvision', 'sympy', 'captum', 'matplotlib') if name in sys.modules])"
    )
    assert out == "[]"
