"""The table of what a getter may not do, by qualified name: the code, what it does, what to write instead.

find("datetime.datetime.now").code       →  "E321"        find("math.floor")            →  None
find("pathlib.Path().read_text").code    →  "E320"        find("pathlib.Path().suffix")  →  None
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Impurity:
    """Why a call is refused (or, with a W code, worth a word), and the nearest pure spelling."""

    code: str
    does: str
    hint: str


_FILES = Impurity("E320", "does input or output", "store what is needed as an attribute of a model")
_CLOCK = Impurity(
    "E321", "reads the clock", "store the moment as an attribute when it happens, and compare stored moments"
)
_RANDOM = Impurity(
    "E322", "gives another value each time", "make the value in a domain method and store it as an attribute"
)
_CODE = Impurity("E325", "runs code that is not in the source", "write the expression out")
_THREADS = Impurity("E326", "starts concurrent work", "compute the value in the getter itself")
_OUTPUT = Impurity("W329", "writes to the worker's log, once per change", "leave it out, or log in a domain method")
_HASH = Impurity("W329", "differs between processes for text", "use `hashlib` or `zlib.crc32`")

PATHS = (
    "name", "stem", "suffix", "suffixes", "parts", "parent", "parents", "joinpath", "with_name", "with_stem",
    "with_suffix", "as_posix", "relative_to", "is_relative_to", "is_absolute", "match",
)  # fmt: skip
"""What a path says without a look at the disk."""

# The longest prefix counts, and None stands for "pure after all".
TABLE: MappingProxyType[str, Impurity | None] = MappingProxyType(
    {
        "open": _FILES, "input": _FILES, "breakpoint": _FILES, "print": _OUTPUT, "id": _RANDOM, "hash": _HASH,
        "eval": _CODE, "exec": _CODE, "compile": _CODE, "__import__": _CODE, "globals": _CODE,
        "importlib": _CODE,
        "os": _FILES, "os.path.join": None, "os.path.basename": None, "os.path.dirname": None,
        "os.path.split": None, "os.path.splitext": None, "os.path.normpath": None, "os.sep": None,
        "os.urandom": _RANDOM, "io.open": _FILES, "codecs.open": _FILES, "shutil": _FILES, "tempfile": _FILES,
        "subprocess": _FILES, "socket": _FILES, "ssl": _FILES, "select": _FILES, "ftplib": _FILES,
        "smtplib": _FILES, "imaplib": _FILES, "http.client": _FILES, "http.server": _FILES,
        "urllib.request": _FILES, "requests": _FILES, "httpx": _FILES, "aiohttp": _FILES, "urllib3": _FILES,
        "sqlite3": _FILES, "psycopg": _FILES, "psycopg2": _FILES, "redis": _FILES, "boto3": _FILES,
        "pymongo": _FILES, "sqlalchemy": _FILES, "kafka": _FILES, "confluent_kafka": _FILES, "glob": _FILES,
        "fileinput": _FILES, "getpass": _FILES, "platform": _FILES, "sys.stdin": _FILES,
        "sys.argv": _FILES, "sys.stdout": _OUTPUT, "sys.stderr": _OUTPUT, "logging": _OUTPUT, "warnings": _OUTPUT,
        "pathlib.Path.cwd": _FILES, "pathlib.Path.home": _FILES, "pathlib.Path()": _FILES,
        **{f"pathlib.Path().{name}": None for name in PATHS},
        "time": _CLOCK, "time.struct_time": None, "time.strptime": None, "time.sleep": _THREADS,
        "datetime.datetime.now": _CLOCK, "datetime.datetime.utcnow": _CLOCK, "datetime.datetime.today": _CLOCK,
        "datetime.date.today": _CLOCK,
        "random": _RANDOM, "random.Random": None, "secrets": _RANDOM, "uuid.uuid1": _RANDOM,
        "uuid.uuid4": _RANDOM, "uuid.getnode": _RANDOM,
        "threading": _THREADS, "_thread": _THREADS, "multiprocessing": _THREADS, "concurrent": _THREADS,
        "asyncio": _THREADS, "signal": _THREADS, "ctypes": _FILES,
    }
)  # fmt: skip

MUTATORS = frozenset(
    {
        "append", "add", "extend", "insert", "remove", "discard", "pop", "popitem", "clear", "update",
        "setdefault", "sort", "reverse", "save", "delete",
    }
)  # fmt: skip
"""Methods that change what they are called on."""

FRESH = frozenset(
    {
        "list",
        "sorted",
        "set",
        "tuple",
        "dict",
        "reversed",
        "enumerate",
        "zip",
        "filter",
        "map",
        "frozenset",
        "iter",
    }
)
"""Builtins whose result is a new container, though what it holds is not new."""


def find(qualified: str) -> Impurity | None:
    """Return what is wrong with using a name, None where nothing is."""
    parts = qualified.split(".")
    for length in range(len(parts), 0, -1):
        prefix = ".".join(parts[:length])
        for known in (
            prefix,
            prefix.replace("()", ""),
        ):  # an instance is as its class is, unless it has a line of its own
            if known in TABLE:
                return TABLE[known]
    return None
