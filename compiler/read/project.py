"""Where an app's files are: from a module name or path to files, and from imports to files.

    Project.open("examples.shop", Path.cwd())  →  entries (("examples.shop", examples/shop/__init__.py), …)

Only looks at the file system; nothing is imported.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

_ABOVE_PACKAGES = ("pyproject.toml", "setup.py", "setup.cfg")
_RESERVED = frozenset({"onto"})  # the library itself, even where the project is its own repository


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of the project: its absolute path, its module name, and whether it is a package's `__init__`."""

    module: str
    path: Path

    @property
    def is_package(self) -> bool:
        """Tell whether relative imports start at the module itself."""
        return self.path.name == "__init__.py"


@dataclass(frozen=True, slots=True)
class Project:
    """An app's folder: `root` is what shown paths are relative to, `roots` where imports are looked up."""

    app: str
    root: Path
    roots: tuple[Path, ...]
    entries: tuple[SourceFile, ...]

    def find(self, module: str) -> SourceFile | None:
        """Return the project's file of that module name, if the project has one."""
        if not module or module.partition(".")[0] in _RESERVED:
            return None
        for root in self.roots:
            path = _module_file(root, module)
            if path is not None:
                return SourceFile(module, path)
        return None

    def has_package(self, module: str) -> bool:
        """Tell whether the module is a folder of the project, with or without `__init__.py`."""
        inside = module and module.partition(".")[0] not in _RESERVED
        return bool(inside) and any((root / module.replace(".", "/")).is_dir() for root in self.roots)

    def siblings(self, module: str) -> list[str]:
        """Return the modules beside one, in its package."""
        package = module.rpartition(".")[0]
        folders = [root / package.replace(".", "/") for root in self.roots]
        files = [file for folder in folders for file in sorted(folder.glob("*.py"))]
        stems = dict.fromkeys(file.stem for file in files if file.stem.isidentifier())
        return [f"{package}.{stem}" for stem in stems if stem != "__init__"]

    def shown(self, path: Path) -> str:
        """Return the path as diagnostics show it."""
        for root in (self.root, *self.roots):
            if path.is_relative_to(root):
                return path.relative_to(root).as_posix()
        return path.name


def locate(app: str, here: Path) -> Project | str:
    """Find an app by path or module name, seen from the folder `here`; a text says why it was not found."""
    here = here.resolve()
    path = here / app
    if path.exists() and ("/" in app or "\\" in app or path.suffix == ".py" or app in (".", "..")):
        return _by_path(path.resolve(), here)
    if _is_dotted(app):
        for root in (here, here / "src", *(Path(one) for one in sys.path if one)):
            found = root / app.replace(".", "/")
            if found.is_dir() or found.with_suffix(".py").is_file():
                target = found if found.is_dir() else found.with_suffix(".py")
                return _project(app, target, root.resolve(), here)
    if path.exists():
        return _by_path(path.resolve(), here)
    return f"no module or path `{app}` below {here.name or here}"


def _by_path(path: Path, here: Path) -> Project | str:
    if path.is_file() and path.suffix != ".py":
        return f"`{path.name}` is not a Python file"
    if path.is_dir() and not _python_files(path):
        return f"the folder `{path.name}` holds no Python files"
    root = _import_root(path, here)
    parts = path.with_suffix("").relative_to(root).parts if path.is_file() else path.relative_to(root).parts
    if parts and parts[-1] == "__init__":
        parts = parts[:-1]
    return _project(".".join(parts) or path.name, path, root, here)


def _import_root(path: Path, here: Path) -> Path:
    above = path.parent
    while (above / "__init__.py").is_file():
        above = above.parent
    is_plain_folder = path.is_dir() and not (path / "__init__.py").is_file()
    if is_plain_folder and (path == here or not path.is_relative_to(here)):
        return path
    is_project = above.name == "src" or any((above / one).is_file() for one in _ABOVE_PACKAGES)
    inside = above.is_relative_to(here) and path != here
    if not is_project and inside and all(one.isidentifier() for one in above.relative_to(here).parts):
        return here
    return above


def _project(app: str, target: Path, root: Path, here: Path) -> Project | str:
    files = _python_files(target) if target.is_dir() else [target]
    if not files:
        return f"the folder `{target.name}` holds no Python files"
    shown_root = here if target.is_relative_to(here) else root
    roots = tuple(dict.fromkeys((root, shown_root, shown_root / "src")))
    entries = tuple(SourceFile(_module_name(one, root), one) for one in files)
    return Project(app, shown_root, roots, entries)


def _python_files(folder: Path) -> list[Path]:
    """List a package's files, `__init__` first; tests, hidden folders and environments are not part of it."""
    files = [one for one in sorted(folder.glob("*.py")) if _belongs(one)]
    files.sort(key=lambda one: one.name != "__init__.py")
    for inner in sorted(one for one in folder.iterdir() if one.is_dir()):
        if inner.name.isidentifier() and not _is_aside(inner):
            files.extend(_python_files(inner))
    return files


def _belongs(path: Path) -> bool:
    return path.stem.isidentifier() and not path.name.startswith("test_") and path.name != "conftest.py"


def _is_aside(folder: Path) -> bool:
    names = ("tests", "test", "__pycache__", "node_modules", "build")
    return folder.name in names or (folder / "pyvenv.cfg").is_file()


def _module_name(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts) or path.parent.name


def _module_file(root: Path, module: str) -> Path | None:
    path = root / module.replace(".", "/")
    for candidate in (path / "__init__.py", path.with_name(path.name + ".py")):
        if candidate.is_file():
            return candidate.resolve()
    return None


def _is_dotted(app: str) -> bool:
    return bool(app) and all(part.isidentifier() for part in app.split("."))
