"""Tells a permissive licence by its text. Knows the few that are taken; everything else is refused."""

import re
from collections.abc import Mapping

FILES = re.compile(r"(?i)^(un)?(licen[cs]es?|copying|copyright)([.\-_](md|txt|rst|mit|apache(-?2(\.0)?)?|bsd))*$")

PHRASES: Mapping[str, str] = {
    "Apache-2.0": "apache license version 2.0",
    "MIT": "permission is hereby granted, free of charge, to any person obtaining a copy",
    "ISC": "permission to use, copy, modify, and/or distribute this software for any purpose with or without fee",
    "BSD-3-Clause": "neither the name",
    "BSD-2-Clause": "redistributions of source code must retain",
    "BSL-1.0": "boost software license - version 1.0",
    "Zlib": "altered source versions must be plainly marked as such",
    "Unlicense": "this is free and unencumbered software released into the public domain",
    "PostgreSQL": "permission to use, copy, modify, and distribute this software and its documentation for any purpose",
    "PSF-2.0": "python software foundation license version 2",
    "HPND": "permission to use, copy, modify and distribute this software and its documentation for any purpose",
}
"""A phrase of each that the others lack, or that is looked for after the more telling ones, in this order."""

COPYLEFT = re.compile(
    r"gnu (lesser |affero |library )?general public license|mozilla public license|eclipse public license"
    r"|business source license|server side public license|elastic license|commons clause|european union public licence"
)
"""Any of these in a licence file refuses it, even beside a permissive one: which part is which is not ours to judge."""


def identify(text: str) -> str | None:
    """Return the SPDX identifier of a permissive licence's text, or None."""
    plain = re.sub(r"[\s*#\"'“”,]+", " ", text.lower())
    if COPYLEFT.search(plain):
        return None
    for identifier, phrase in PHRASES.items():
        if re.sub(r"[\s*#\"'“”,]+", " ", phrase) in plain:
            return identifier
    return None
