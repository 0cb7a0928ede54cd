"""What tests ask of an answer."""

import json


def paths_of(out: str) -> list[str]:
    return [result["path"] for result in json.loads(out)["results"]]


def is_one_error(err: str) -> bool:
    return err.startswith("codesearch: error: ") and err.count("\n") == 1
