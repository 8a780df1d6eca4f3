"""The way to Firestore: credentials, deadlines, and its errors in words that say what to set.

connected("my-project")  →  Connection(…), to the emulator where FIRESTORE_EMULATOR_HOST is set
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import google.auth
import grpc
from google.api_core import exceptions, retry
from google.auth import exceptions as auth_exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore
from google.cloud.firestore_v1.services.firestore import FirestoreClient
from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcTransport
from google.oauth2 import service_account

from onto import errors
from onto.database import protocol
from onto.database.firestore import values

LIMIT = 10.0  # seconds for one call, with what is tried again of it
EMULATOR = "FIRESTORE_EMULATOR_HOST"
UNREACHED = f"cannot be reached within {LIMIT:.0f} s: is there a network, and is {EMULATOR} set to what it should be"
_SCOPES = ("https://www.googleapis.com/auth/datastore",)
# A connection that died without a word is found out, also when all that it does is to follow changes.
_OPTIONS = (("grpc.keepalive_time_ms", 30_000), ("grpc.keepalive_timeout_ms", 10_000))
_AGAIN = retry.Retry(
    predicate=retry.if_exception_type(exceptions.ServiceUnavailable, exceptions.InternalServerError),
    initial=0.1,
    maximum=1.0,
    timeout=LIMIT,
)


class AbortedError(protocol.ConflictError):
    """Firestore gave a transaction up in favour of another; to be tried again."""


class UnindexedError(protocol.DatastoreError):
    """Firestore has no index for a query; the message has its link to make one."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One database of one project, called with a limit on each call."""

    api: Any  # Google's client: its messages are made at run time
    root: str
    where: str
    metadata: tuple[tuple[str, str], ...]
    credentials: Any  # Google's, of many classes

    def name(self, path: str) -> str:
        """Return the full name of a document."""
        return f"{self.root}/documents/{path}"

    def get(self, paths: Iterable[str], begin: bool = False) -> tuple[bytes, dict[str, protocol.Stored]]:
        """Return the documents that are there; with `begin` in a new transaction, which is the first answer."""
        request: dict[str, Any] = {"database": self.root, "documents": [self.name(one) for one in paths]}
        if begin:
            request["new_transaction"] = {"read_write": {}}
        transaction, found = b"", {}
        with self.calling():
            for one in self.api.batch_get_documents(
                request, retry=_AGAIN.with_timeout(LIMIT), timeout=LIMIT, metadata=self.metadata
            ):
                transaction = one.transaction or transaction
                if one.found.name:
                    kept = values.stored(one.found)
                    found[kept.path] = kept
        return transaction, found

    def query(self, parent: str, structured: Mapping[str, Any], transaction: bytes = b"") -> list[protocol.Stored]:
        """Return the documents of a query."""
        request: dict[str, Any] = {"parent": f"{self.root}/documents{parent}", "structured_query": structured}
        if transaction:
            request["transaction"] = transaction
        with self.calling():
            answers = self.api.run_query(
                request, retry=_AGAIN.with_timeout(LIMIT), timeout=LIMIT, metadata=self.metadata
            )
            return [values.stored(one.document) for one in answers if one.document.name]

    def commit(self, writes: Mapping[str, protocol.Document | None], transaction: bytes) -> int:
        """Make writes in a transaction; return the version that they made."""
        listed = [
            {"delete": self.name(path)}
            if document is None
            else {"update": {"name": self.name(path), "fields": values.encoded(path, document)}}
            for path, document in writes.items()
        ]
        request = {"database": self.root, "writes": listed, "transaction": transaction}
        with self.calling():  # once: whether a commit whose answer was lost was made cannot be told
            done = self.api.commit(request, retry=None, timeout=LIMIT, metadata=self.metadata)
        return values.version(done.commit_time)

    def rollback(self, transaction: bytes) -> None:
        """Let go of a transaction; one that cannot be told so ends by itself."""
        request = {"database": self.root, "transaction": transaction}
        with suppress(protocol.DatastoreError), self.calling():
            self.api.rollback(request, retry=None, timeout=LIMIT, metadata=self.metadata)

    def listen(self, requests: Iterator[Any]) -> Any:
        """Open a stream of changes; iterate it in `calling`."""
        return self.api.transport.listen(requests, metadata=self.metadata)

    @contextmanager
    def calling(self) -> Iterator[None]:
        """Raise what Firestore raises in the block as errors of onto."""
        try:
            yield
        except exceptions.Aborted as error:
            raise AbortedError(f"{self.where}: {error}") from error
        except exceptions.RetryError as error:
            raise self._error(error.cause or error) from error
        except (exceptions.GoogleAPICallError, auth_exceptions.GoogleAuthError) as error:
            raise self._error(error) from error
        except grpc.RpcError as error:
            raise self._error(exceptions.from_grpc_error(error)) from error  # type: ignore[no-untyped-call]  # Google's

    def client(self) -> firestore.Client:
        """Return Google's own client on the same database."""
        _, project, _, database = self.root.split("/")
        return firestore.Client(project=project, credentials=self.credentials, database=database)

    def close(self) -> None:
        """Let go of the connection."""
        self.api.transport.close()

    def _error(self, error: BaseException) -> protocol.DatastoreError:
        reason = str(getattr(error, "message", None) or error)
        match error:
            case exceptions.FailedPrecondition() if "index" in reason:
                return UnindexedError(f"{self.where}: {reason}")
            case exceptions.ServiceUnavailable() | exceptions.DeadlineExceeded() | exceptions.GatewayTimeout():
                hint = UNREACHED
            case exceptions.Unauthenticated() | exceptions.PermissionDenied() | auth_exceptions.GoogleAuthError():
                hint = "refuses these credentials: set certificate_filename or GOOGLE_APPLICATION_CREDENTIALS"
            case exceptions.NotFound():
                hint = "there is no such project or database: correct `url: firestore://PROJECT/DATABASE`"
            case _:
                hint = "refuses a call"
        return protocol.DatastoreError(f"{self.where}: {hint} ({reason})")


def connected(project: str | None, database: str, certificate: str | None) -> Connection:
    """Return the way to a database; SettingsError where credentials or the project are not to be found."""
    host = os.environ.get(EMULATOR)
    if host:
        if not project:
            raise errors.SettingsError(f"{EMULATOR} is set, and the project is not: write `url: firestore://PROJECT`")
        credentials: Any = AnonymousCredentials()  # type: ignore[no-untyped-call]  # Google's
        transport = FirestoreGrpcTransport(channel=grpc.insecure_channel(host, options=_OPTIONS))
        more: tuple[tuple[str, str], ...] = (("authorization", "Bearer owner"),)
    else:
        credentials, named = _credentials(certificate)
        project = project or named
        if not project:
            raise errors.SettingsError("these credentials name no project: write `url: firestore://PROJECT`")
        channel = FirestoreGrpcTransport.create_channel(credentials=credentials, options=_OPTIONS)
        transport, more = FirestoreGrpcTransport(channel=channel), ()
    root = f"projects/{project}/databases/{database}"
    metadata = (("google-cloud-resource-prefix", root), *more)
    at = f" at {host}" if host else ""
    where = f"firestore://{project}" + ("" if database == "(default)" else f"/{database}") + at
    return Connection(FirestoreClient(transport=transport), root, where, metadata, credentials)


def _credentials(certificate: str | None) -> tuple[Any, str | None]:
    if certificate is not None:
        try:
            own: Any = service_account.Credentials.from_service_account_file(certificate, scopes=_SCOPES)  # type: ignore[no-untyped-call]  # Google's
        except (OSError, ValueError) as error:
            raise errors.SettingsError(f"{certificate}: no key of a service account ({error})") from error
        return own, own.project_id
    try:
        return google.auth.default(scopes=_SCOPES)
    except auth_exceptions.DefaultCredentialsError as error:
        raise errors.SettingsError(
            "Firestore needs credentials: set certificate_filename in boiler.yaml, or GOOGLE_APPLICATION_CREDENTIALS; "
            f"for an emulator set {EMULATOR}"
        ) from error
