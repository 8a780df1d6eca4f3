"""The context: configuration from a file or by hand, and the embedded datastore without any."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import pytest

from onto import context, errors
from onto.config import Config
from onto.context import CTX


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(CTX, "config", None)
    yield
    CTX.use(None)


def test_the_context_and_its_short_name_are_one() -> None:
    assert context.Context is CTX


def test_boiler_yaml_is_read_from_the_working_directory(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "boiler.yaml").write_text(
        'app_name: "shop"\ndebug: True\ntesting: True\ncertificate_filename: "c.json"\n'
    )
    CTX.load()
    assert CTX.config == Config(app_name="shop", debug=True, testing=True, certificate_filename="c.json")
    assert CTX.firebase_app is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "boiler.yaml: no such file: write it, or call CTX.read(Config(app_name=…))"),
        ("app_name: [", "boiler.yaml: not YAML: "),
        ("app_nam: x", "boiler.yaml: unknown: app_nam; known: app_name, "),
        ("- x", "boiler.yaml: unknown: a list or a scalar; known: "),
        ("database: sqlite:///x", "boiler.yaml: `database` has one key, a text: `url: "),
        ("database: {uri: x}", "boiler.yaml: `database` has one key, a text: `url: "),
    ],
)
def test_a_missing_or_malformed_file_is_named(
    text: str | None, message: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if text is not None:
        (tmp_path / "boiler.yaml").write_text(text)
    with pytest.raises(errors.SettingsError) as refused:
        CTX.load()
    assert str(refused.value).startswith(message)


def test_a_second_configuration_warns_and_replaces() -> None:
    CTX.read(Config(app_name="one"))
    CTX.read(Config(app_name="one"))
    with pytest.warns(UserWarning, match="the context of 'one' is replaced"):
        CTX.read(Config(app_name="two"))
    assert CTX.config == Config(app_name="two")


def test_without_configuration_there_is_an_embedded_datastore() -> None:
    CTX.use(None)
    CTX.db.document("a/1").set({"x": 1})
    assert CTX.database.get("a/1") == {"x": 1}
    CTX.use(None)
    assert CTX.db.document("a/1").get().exists is False


@pytest.mark.parametrize("url", ["file:{}/data.onto", "sqlite:///{}/data.db"])
def test_configuration_alone_chooses_the_datastore(url: str, tmp_path: pathlib.Path) -> None:
    CTX.read(Config(app_name="shop", database={"url": url.format(tmp_path)}))
    CTX.db.document("a/1").set({"x": 1})
    CTX.database.close()  # type: ignore[attr-defined]  # these two have it
    CTX.use(None)
    assert CTX.db.document("a/1").get().to_dict() == {"x": 1}
    CTX.database.close()  # type: ignore[attr-defined]  # these two have it


@pytest.mark.parametrize("url", ["", "shop.db", "memory:x", "file:"])
def test_what_is_no_url_of_a_datastore_is_refused(url: str) -> None:
    CTX.read(Config(app_name="shop", database={"url": url}))
    with pytest.raises(errors.SettingsError, match="is not the URL of a datastore: write memory:, file:PATH"):
        CTX.db.document("a/1").get()
