"""The product's source code, read with `ast`."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PRODUCT = ("libs", "services", "client", "admin")


@cache
def modules() -> dict[str, ast.Module]:
    """Return the syntax tree of each module of the product, by its dotted name."""
    paths = (path for part in PRODUCT for path in sorted((ROOT / part).glob("**/src/**/*.py")))
    return {_dotted(path): ast.parse(path.read_text()) for path in paths}


def calls(tree: ast.AST, *names: str) -> Iterator[ast.Call]:
    """Yield the calls of functions or methods with one of these names, in the order of the source."""
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and called(node) in names)
    yield from sorted(found, key=lambda call: call.lineno)


def called(call: ast.Call) -> str:
    """Return the last part of the name that is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def text_in(node: ast.AST | None) -> str | None:
    """Return a text constant, also one within a call such as gettext's `_`; None for anything else."""
    if isinstance(node, ast.Call) and called(node) in ("_", "marked") and node.args:
        node = node.args[0]
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _dotted(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[parts.index("src") + 1 :])
