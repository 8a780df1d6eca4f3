"""Errors that a user can act on: every message is one line that says what to do.

raise errors.BundleError("build/manifest.json: not JSON (line 3): compile the app again")
$ onto submit build        →  onto: build/manifest.json: not JSON (line 3): compile the app again
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class OntoError(Exception):
    """A problem that the user can solve; `str()` is one clear line and `exit_code` ends the command."""

    exit_code = 1


def meant(name: str, known: Iterable[str]) -> str:
    """Return what ends a message about a name that there is not: which of the known ones may be meant, or nothing."""
    close = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean `{close[0]}`?" if close else ""


class BundleError(OntoError):
    """A bundle is missing, corrupt, or written by another version."""


class SettingsError(OntoError):
    """A setting is unknown, malformed or contradicts another one."""


class RecordError(OntoError):
    """A record on a topic cannot be decoded; names the topic and the key."""


class BrokerError(OntoError):
    """Kafka cannot be reached, or refuses what was asked of it."""


class ClusterError(OntoError):
    """Flink cannot be reached, or refuses what was asked of it."""


class TopicError(BrokerError):
    """A topic exists with settings that the bundle cannot work with."""


class RequirementsError(OntoError):
    """A package that functions need cannot be installed, or what they need cannot be imported."""
