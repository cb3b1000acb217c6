"""The house rules that a machine can check: sizes, names, and who may import which library."""

import ast
import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "mien"
MODULES = sorted(path for path in SOURCE.rglob("*.py"))
FORBIDDEN_WORDS = {"utils", "util", "helpers", "helper", "common", "misc", "core", "base", "manager", "handler", "info"}
FORBIDDEN_STEMS = FORBIDDEN_WORDS | {"data"}
MAX_MODULE_LINES, MAX_FUNCTION_LINES, MAX_PARAMETERS, MAX_MODULES, MAX_DEPTH = 300, 40, 6, 12, 3
# library → where it may be imported, as prefixes of the path under src/mien
LIBRARY_ROOMS = {
    "torch": ("lab/",),
    "fastapi": ("service/",),
    "sqlalchemy": ("store/",),
    "alembic": ("store/",),
    "faiss": ("store/",),
    "av": ("sources/", "results/video.py"),
    "openvino": ("inference/",),
    "onnxruntime": ("inference/", "lab/"),
    "onnx": ("inference/", "lab/"),
    "ray": ("engine/ray.py", "engine/archive.py"),
    "tkinter": ("desk/",),
    "typer": ("cli/",),
    "cryptography": ("store/vault/",),
    "keyring": ("store/vault/",),
}
GENERATED = ("store/sql/migrations/versions/",)


def relative(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def functions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring: prose is not what makes a function long."""
    assert node.end_lineno is not None
    lines = node.end_lineno - node.lineno + 1
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        assert first.end_lineno is not None
        lines -= first.end_lineno - first.lineno + 1
    return lines


def parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    arguments = node.args
    names = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return len([name for name in names if name not in {"self", "cls"}])


def imported_libraries(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_module_keeps_the_house_rules(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    faults: list[str] = []
    if len(text.splitlines()) > MAX_MODULE_LINES:
        faults.append(f"{len(text.splitlines())} lines, at most {MAX_MODULE_LINES}")
    if text.strip() and ast.get_docstring(tree) is None:
        faults.append("opens without a sentence on what it owns")
    if path.stem in FORBIDDEN_STEMS:
        faults.append(f"a module is not called {path.stem}")
    is_command = relative(path).startswith("cli/")  # each option of a command is a parameter
    for node in functions(tree):
        if relative(path).startswith(GENERATED):
            continue
        if code_lines(node) > MAX_FUNCTION_LINES:
            faults.append(f"{node.name} has {code_lines(node)} lines, at most {MAX_FUNCTION_LINES}")
        if parameters(node) > MAX_PARAMETERS and not is_command:
            faults.append(f"{node.name} has {parameters(node)} parameters, at most {MAX_PARAMETERS}")
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            words = {word.lower() for word in re.findall(r"[A-Z][a-z]+", node.name)}
            if words & FORBIDDEN_WORDS:
                faults.append(f"a class is not called {node.name}")
    for library in imported_libraries(tree) & LIBRARY_ROOMS.keys():
        if not relative(path).startswith(LIBRARY_ROOMS[library]):
            faults.append(f"{library} is imported only in {', '.join(LIBRARY_ROOMS[library])}")
    assert not faults, f"{relative(path)}: " + "; ".join(faults)


def test_folders_stay_small_and_shallow() -> None:
    folders = {path.parent for path in MODULES}
    crowded = {
        relative(folder): count
        for folder in folders
        if folder != SOURCE
        and (count := len([m for m in MODULES if m.parent == folder and m.stem != "__init__"])) > MAX_MODULES
    }
    assert not crowded, f"more than {MAX_MODULES} modules in one folder: {crowded}"
    deep = [relative(path) for path in MODULES if len(path.relative_to(SOURCE).parts) - 1 > MAX_DEPTH]
    assert not [path for path in deep if not path.startswith(GENERATED)], f"deeper than {MAX_DEPTH} folders: {deep}"


def test_no_room_is_empty() -> None:
    empty = [
        relative(folder)
        for folder in {p.parent for p in MODULES}
        if not [m for m in folder.rglob("*.py") if m.stem != "__init__"]
    ]
    assert not empty, f"rooms appear when they have something to hold: {empty}"
