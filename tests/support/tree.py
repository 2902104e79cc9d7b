"""The files of the project, as somebody finds them who clones it."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("api", "router", "shared", "cli", "alembic", "tests", "bench")
# What tools leave behind, and the installation's own data; .gitignore names the same.
LEFT_BEHIND = {
    ".git", ".venv", ".openpartner", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache",
    ".import_linter_cache", ".hypothesis", ".schemathesis", "build", "node_modules",
}  # fmt: skip


def files(*folders: str) -> Iterator[Path]:
    """Every file below these folders of the project, or below its root."""
    for folder in folders or (".",):
        yield from sorted(_below(ROOT / folder))


def _below(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name in LEFT_BEHIND or path.name == ".env":
            continue
        if path.is_dir():
            yield from _below(path)
        else:
            yield path


def python_files() -> list[Path]:
    """All of our code, tests and migrations included."""
    return [path for path in files(*PACKAGES) if path.suffix == ".py"]


def named(path: Path) -> str:
    """As it is called from the root: `api/main.py`."""
    return path.relative_to(ROOT).as_posix()


def texts() -> Iterator[tuple[str, str]]:
    """Every text file with its name; what is no UTF-8 is no text."""
    for path in files():
        try:
            yield named(path), path.read_text()
        except UnicodeDecodeError:
            continue
