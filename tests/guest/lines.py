# SPDX-License-Identifier: GPL-2.0-or-later
"""What the guest kit prints on the console; README.md lists the lines."""
import re
from dataclasses import dataclass, field


@dataclass
class Step:
    name: str
    ok: bool
    values: dict = field(default_factory=dict)
    why: str = ""


def values(words):
    return dict(word.split("=", 1) for word in words.split() if "=" in word)


def steps(text):
    """The steps of all starts of the guest, in order."""
    found = []
    text = text.replace("\r", "")
    for name, verdict, rest in re.findall(r"^STEP (\S+) (ok|FAIL)(.*)$", text, re.M):
        ok = verdict == "ok"
        found.append(Step(name, ok, values(rest) if ok else {}, "" if ok else rest.strip()))
    return found


def passed(text, *names):
    """The values of each step called names, in that order, as a list.

    AssertionError unless these and only these steps were reported, and all succeeded."""
    found = [s for s in steps(text) if s.name != "modules" or not s.ok]
    wrong = [f"{s.name}: {s.why}" for s in found if not s.ok]
    assert not wrong, "\n".join(wrong)
    assert [s.name for s in found] == list(names), text
    return [s.values for s in found]


def starts(text):
    """The values of each line "GUEST up"."""
    return [values(rest) for rest in re.findall(r"^GUEST up(.*)$", text.replace("\r", ""), re.M)]
