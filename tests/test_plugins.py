"""Entry points are found by name, a clash is refused, and one variable switches all off."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gradverify import plugins
from gradverify.plugins import PluginNameClashError, find_plugins

Installer = Callable[[str, str], None]
GROUP = "gradverify.oracles"


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installer:
    """Return a function that makes a distribution with one oracle entry point importable."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.delenv(plugins.SWITCH, raising=False)

    def install_one(distribution: str, point: str) -> None:
        folder = tmp_path / f"{distribution}-1.0.dist-info"
        folder.mkdir()
        metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n"
        _ = (folder / "METADATA").write_text(metadata)
        _ = (folder / "entry_points.txt").write_text(f"[{GROUP}]\n{point}\n")

    return install_one


def test_an_installed_entry_point_is_found_with_its_distribution(install: Installer) -> None:
    install("first", "mine = first.oracle:Mine")
    found = find_plugins(GROUP, ("rules",))
    assert found["mine"].value == "first.oracle:Mine"
    assert plugins.distribution_of(found["mine"]) == "first"


def test_nothing_is_imported_when_entry_points_are_found(install: Installer) -> None:
    install("first", "mine = no_such_module:Mine")
    assert list(find_plugins(GROUP, ())) == ["mine"]


def test_plugins_come_in_the_order_of_their_names(install: Installer) -> None:
    install("first", "zebra = first:Z")
    install("second", "ant = second:A")
    assert list(find_plugins(GROUP, ())) == ["ant", "zebra"]


def test_two_distributions_with_one_name_are_both_named(install: Installer) -> None:
    install("first", "mine = first:Mine")
    install("second", "mine = second:Mine")
    with pytest.raises(PluginNameClashError, match=r"first and second both offer 'mine'") as caught:
        _ = find_plugins(GROUP, ())
    assert caught.value.distributions == ("first", "second")


def test_a_built_in_name_is_not_taken_over(install: Installer) -> None:
    install("first", "rules = first:Rules")
    with pytest.raises(PluginNameClashError, match=r"gradverify and first both offer 'rules'"):
        _ = find_plugins(GROUP, ("rules",))


def test_the_variable_switches_all_off(install: Installer, monkeypatch: pytest.MonkeyPatch) -> None:
    install("first", "mine = first:Mine")
    monkeypatch.setenv(plugins.SWITCH, "1")
    assert not find_plugins(GROUP, ())


def test_another_value_of_the_variable_switches_nothing_off(
    install: Installer, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("first", "mine = first:Mine")
    monkeypatch.setenv(plugins.SWITCH, "0")
    assert list(find_plugins(GROUP, ())) == ["mine"]


def test_another_group_is_none_of_ours(install: Installer) -> None:
    install("first", "mine = first:Mine")
    assert not find_plugins("gradverify.reports", ())
