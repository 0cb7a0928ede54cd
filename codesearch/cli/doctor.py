"""`codesearch doctor`: what is here, which encoder is used and why, and whether it gives the vectors it should."""

import argparse
from typing import Any

from codesearch import config
from codesearch.cli.opening import choose_root, existing_path
from codesearch.cli.outcome import Outcome
from codesearch.cli.terminal import Terminal
from codesearch.doctor.examination import Chosen, Examination, Patient, describe_sending, find_encoder
from codesearch.doctor.findings import Check, check_to_json, failed, has_failed
from codesearch.doctor.machine import Machine, check_faiss, look_at_machine, machine_to_json
from codesearch.errors import CodesearchError
from codesearch.printable import clean_line
from codesearch.serialize import SCHEMA_VERSION, dump_json
from codesearch.sizes import describe_size
from indexers.encoders.devices import Gpu
from indexers.errors import EncoderError

NAME_WIDTH = 17
"""The longest name of a check."""

MARKS = {"pass": "ok  ", "skip": "skip", "fail": "FAIL"}


def run(parsed: argparse.Namespace, terminal: Terminal) -> Outcome:
    """Print the facts, then each check as it is made; an error where one failed."""
    report = _Report(terminal, is_json=parsed.json)
    home = config.home_folder()
    path = existing_path(parsed.path)
    patient = Patient(path, choose_root(path), home, parsed.encoder, parsed.offline)
    report.show_machine(machine := look_at_machine(home))
    report.show_check(check_faiss(machine))
    try:
        chosen = find_encoder(patient)
    except (CodesearchError, EncoderError) as error:
        report.show_check(failed("encoder", str(error)))
        return report.finish()
    report.show_encoder(chosen)
    examination = Examination(chosen, home)
    for check in examination.checks():
        report.show_check(check)
    report.show_description(examination)
    return report.finish()


class _Report:
    """Writes lines as they come, or one JSON object at the end."""

    def __init__(self, terminal: Terminal, *, is_json: bool) -> None:
        self._terminal = terminal
        self._is_json = is_json
        self._checks: list[Check] = []
        self._document: dict[str, Any] = {"version": SCHEMA_VERSION, "ok": False, "machine": None, "encoder": None}

    def show_machine(self, machine: Machine) -> None:
        self._document["machine"] = machine_to_json(machine)
        for name, text in _machine_lines(machine):
            self._line(f"{name:{NAME_WIDTH + 5}}  {clean_line(text)}")

    def show_encoder(self, chosen: Chosen) -> None:
        choice, index = chosen.choice, chosen.index
        root = None if index is None else str(index.root)
        self._document["encoder"] = {"name": choice.spec.name, "reason": choice.reason, "index": root}
        self._line(f"{'encoder':{NAME_WIDTH + 5}}  {clean_line(choice.spec.name)}: {clean_line(choice.reason)}")
        if sending := describe_sending(choice.spec):
            self._terminal.note(f"note: {clean_line(sending)}")

    def show_description(self, examination: Examination) -> None:
        described = examination.description
        self._document["encoder"] |= {
            "identity": described and described.identity,
            "engine": described and described.engine,
            "dim": described and described.dim,
            "max_tokens": described and described.max_tokens,
        }

    def show_check(self, check: Check) -> None:
        self._checks.append(check)
        self._line(f"{MARKS[check.verdict]} {check.name:{NAME_WIDTH}}  {clean_line(check.finding)}")

    def finish(self) -> Outcome:
        """Say loudly what is wrong and what to do; return the outcome."""
        is_wrong = has_failed(self._checks)
        self._document |= {"ok": not is_wrong, "checks": [check_to_json(check) for check in self._checks]}
        if self._is_json:
            self._terminal.result(dump_json(self._document))
        for check in self._checks:
            if check.verdict == "fail":
                said = "; ".join(filter(None, (check.finding, check.remedy)))
                self._terminal.note(f"codesearch: error: {check.name} FAILED: {clean_line(said)}")
        return Outcome.FAILED if is_wrong else Outcome.FOUND

    def _line(self, text: str) -> None:
        if not self._is_json:
            self._terminal.result(text)
            self._terminal.stdout.flush()


def _machine_lines(machine: Machine) -> list[tuple[str, str]]:
    packages = [f"{name} {version}" for name, version in machine.packages.items()]
    return [
        ("codesearch", f"{machine.version}, {machine.python}, {machine.platform}"),
        ("processor", f"{machine.n_cores or 'unknown'} cores; {_memory_line(machine)}"),
        ("gpu", _gpu_line(machine.gpu)),
        ("home", f"{machine.home}, {_size(machine.free_disk)} free on that disk"),
        ("configuration", f"{machine.config_file}{'' if machine.config_file.exists() else ' (none there)'}"),
        ("packages", ", ".join(packages)),
    ]


def _gpu_line(gpu: Gpu | None) -> str:
    return "none found" if gpu is None else f"{gpu.name}, {_size(gpu.free_bytes)} of {_size(gpu.total_bytes)} free"


def _memory_line(machine: Machine) -> str:
    return f"memory {_size(machine.memory)}, {_size(machine.available_memory)} available"


def _size(n_bytes: int | None) -> str:
    return "unknown" if n_bytes is None else describe_size(n_bytes)
