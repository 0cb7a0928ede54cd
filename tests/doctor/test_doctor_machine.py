"""The facts of a machine, and packages that break each other."""

from pathlib import Path

import pytest

from codesearch.doctor.machine import Machine, check_faiss, find_version, look_at_machine, machine_to_json
from codesearch.serialize import dump_json


def machine_with(tmp_path: Path, packages: dict[str, str]) -> Machine:
    return look_at_machine(tmp_path / "home", packages.get)


def test_two_wheels_of_faiss_fail_with_the_commands_that_mend_it(tmp_path: Path) -> None:
    check = check_faiss(machine_with(tmp_path, {"faiss-cpu": "1.15.1", "faiss-gpu": "1.15.1", "numpy": "2.4"}))
    assert check.verdict == "fail"
    assert check.finding == "faiss-cpu and faiss-gpu are in one environment and overwrite each other"
    assert check.remedy.startswith("pip uninstall -y faiss-cpu faiss-gpu, then pip install faiss-")


@pytest.mark.parametrize("name", ["faiss-cpu", "faiss-gpu", "faiss-gpu-cu12"])
def test_one_wheel_of_faiss_is_right(tmp_path: Path, name: str) -> None:
    check = check_faiss(machine_with(tmp_path, {name: "1.15.1"}))
    assert (check.verdict, check.finding) == ("pass", f"{name} 1.15.1 is the only one")


def test_no_faiss_at_all_fails(tmp_path: Path) -> None:
    assert check_faiss(machine_with(tmp_path, {})).verdict == "fail"


def test_only_what_is_installed_is_listed(tmp_path: Path) -> None:
    assert machine_with(tmp_path, {"torch": "2.13", "unheard-of": "1"}).packages == {"torch": "2.13"}


def test_versions_are_those_of_the_packages_here() -> None:
    import numpy as np

    assert find_version("numpy") == np.__version__
    assert find_version("no-package-of-this-name") is None


def test_facts_are_found_for_a_home_that_is_not_there_yet(tmp_path: Path) -> None:
    machine = look_at_machine(tmp_path / "not" / "yet")
    assert machine.home == tmp_path / "not" / "yet"
    assert machine.free_disk is not None
    assert machine.free_disk > 0
    assert not (tmp_path / "not").exists()


def test_facts_become_json_whatever_is_unknown(tmp_path: Path) -> None:
    document = machine_to_json(machine_with(tmp_path, {"numpy": "2.4"}))
    assert document["packages"] == {"numpy": "2.4"}
    assert document["home"] == str(tmp_path / "home")
    assert dump_json(document)
