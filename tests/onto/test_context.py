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
        ("testing: maybe", "boiler.yaml: `testing` is true or false, not 'maybe'"),
        ("app_name: 3", "boiler.yaml: `app_name` is a text, not 3"),
        ("services: {}\n1: x", "boiler.yaml: unknown: 1, services; known: app_name, "),
        ("\udcff", "boiler.yaml: cannot be read: 'utf-8' codec can't decode byte 0xff"),
    ],
)
def test_a_missing_or_malformed_file_is_named(
    text: str | None, message: str, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if text is not None:
        (tmp_path / "boiler.yaml").write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(errors.SettingsError) as refused:
        CTX.load()
    assert str(refused.value).startswith(message)


def test_the_environment_names_the_file_and_the_datastore(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "boiler.yaml").write_text("app_name: here")
    (tmp_path / "other.yaml").write_text("app_name: shop\ndatabase: {url: 'sqlite:///shop.db'}")
    monkeypatch.setenv("FB_CONFIG_FILENAME", "other.yaml")
    CTX.load()
    assert CTX.config == Config(app_name="shop", database={"url": "sqlite:///shop.db"})
    monkeypatch.setenv("ONTO_DATABASE", "file:shop.onto")
    with pytest.warns(UserWarning, match="the context of 'shop' is replaced"):
        CTX.load()
    assert CTX.config == Config(app_name="shop", database={"url": "file:shop.onto"})
    with pytest.warns(UserWarning, match="the context of 'shop' is replaced"):
        CTX.load("boiler.yaml")
    assert CTX.config == Config(app_name="here", database={"url": "file:shop.onto"})
    monkeypatch.setenv("FB_CONFIG_FILENAME", "gone.yaml")
    with pytest.raises(errors.SettingsError, match=r"gone\.yaml: no such file"):
        CTX.load()


def test_the_log_says_which_kind_of_datastore_is_opened(caplog: pytest.LogCaptureFixture) -> None:
    CTX.read(Config(testing=True, certificate_filename="c.json"))
    with caplog.at_level("INFO", logger="onto"):
        CTX.db.document("a/1").get()
        CTX.db.document("a/2").get()
    assert caplog.messages == ["the datastore is memory"]


@pytest.mark.parametrize("database", [{"uri": "sqlite:///x.db"}, {"url": 3}, "sqlite:///x.db"])
def test_a_configuration_by_hand_that_names_no_datastore_is_refused(database: object) -> None:
    with pytest.raises(errors.SettingsError, match="Config: `database` has one key, a text: `url: sqlite:"):
        Config(app_name="shop", database=database)  # type: ignore[arg-type]  # that is what is wrong with it


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
