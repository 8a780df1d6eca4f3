"""Settings from files, variables, flags and a running local stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from onto import errors, settings


def test_without_anything_the_defaults_hold(tmp_path: Path) -> None:
    assert settings.load(tmp_path, {}, {}) == settings.Settings(folder=str(tmp_path / ".onto"))


def test_flags_win_over_variables_over_the_project_over_the_local_stack(tmp_path: Path) -> None:
    (tmp_path / ".onto").mkdir()
    (tmp_path / ".onto/stack.json").write_text('{"kafka": "localhost:1", "flink": "http://localhost:2"}')
    (tmp_path / "pyproject.toml").write_text(
        '[tool.onto]\ntopic_prefix = "p"\nslots = 3\nparallelism = 2\n'
        'requirements = ["semver>=3"]\n[tool.onto.kafka]\n"security.protocol" = "SSL"\n'
        '"socket.keepalive.enable" = true\n'
    )
    environment = {"ONTO_TOPIC_PREFIX": "e", "ONTO_SLOTS": "4", "OTHER": "x"}
    flags = {"topic_prefix": "f", "slots": None, "bootstrap_servers": "kafka:9092"}
    assert settings.load(tmp_path, environment, flags) == settings.Settings(
        folder=str(tmp_path / ".onto"),
        bootstrap_servers="kafka:9092",
        flink="http://localhost:2",
        topic_prefix="f",
        parallelism=2,
        slots=4,
        requirements=("semver>=3",),
        database="",
        kafka={"security.protocol": "SSL", "socket.keepalive.enable": "true"},
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[tool.onto]\nbroker = "x"\n', "unknown setting `broker`"),
        ('[tool.onto]\nslots = "many"\n', "`slots` is a whole number, not 'many'"),
        ('[tool.onto]\nkafka = "x"\n', "`kafka` is a table of properties, not 'x'"),
        ('[tool.onto]\nrequirements = "semver"\n', "`requirements` is a list such as .*, not 'semver'"),
        ('[tool.onto]\nrequirements = ["semver>>3"]\n', "`requirements` has 'semver>>3', which pip cannot read: "),
        ("[tool.onto\n", "cannot be read"),
        ("[tool]\nonto = 1\n", r"\[tool.onto\] is not a table"),
    ],
)
def test_a_wrong_setting_names_its_place(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(errors.SettingsError, match=message) as caught:
        settings.load(tmp_path, {}, {})
    assert str(tmp_path / "pyproject.toml") in str(caught.value)


@pytest.mark.parametrize(("place", "layers"), [("environment", 0), ("command line", 1)])
def test_a_wrong_variable_or_flag_names_its_place(tmp_path: Path, place: str, layers: int) -> None:
    given: list[dict[str, str]] = [{}, {}]
    given[layers] = {"ONTO_SLOTS": "many"} if layers == 0 else {"slots": "many"}
    with pytest.raises(errors.SettingsError, match=f"^{place}: `slots` is a whole number, not 'many'"):
        settings.load(tmp_path, given[0], given[1])
