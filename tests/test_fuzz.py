# SPDX-License-Identifier: GPL-2.0-or-later
"""The fuzz targets, each for TENON_FUZZ_SECONDS (8), or half of that, under ASan and UBSan, from its
seeds and from what `make fuzz` has kept. That runs them for longer; tests/fuzz/campaign.py says where
the files are."""
import fnmatch
import os
import sys

import pytest

from builds import ROOT

sys.path.append(str(ROOT / "tests/fuzz"))

import campaign  # noqa: E402
import reach  # noqa: E402

SECONDS = int(os.environ.get("TENON_FUZZ_SECONDS", "8"))
# Small readers, whose seeds and half of the time reach all that there is.
SMALL = {"firmware_descriptor", "sound"}


@pytest.mark.parametrize("name", [f"fuzz-{target}" for target in campaign.TARGETS])
def test_fuzz(name, tmp_path):
    target = name.removeprefix("fuzz-")
    campaign.fuzz(target, max(SECONDS // 2, 1) if target in SMALL else SECONDS, tmp_path)


def test_fuzz_corpus(tmp_path, monkeypatch):
    """make fuzz keeps what it finds as seeds, and a second run adds to them instead of starting
    again."""
    monkeypatch.setenv("TENON_CACHE", str(tmp_path))
    for _ in range(2):
        assert "corpus of" in campaign.extend("pflash", 1)
        kept = campaign.corpus("pflash")
        assert kept.is_relative_to(tmp_path) and any(kept.iterdir())
    assert str(kept) in campaign.given("pflash", campaign.SANITIZED, tmp_path)


def test_fuzz_unreached():
    """The list of what no target has to reach names files and functions that exist, with reasons, and
    none that another row has already."""
    sources = [str(path.relative_to(ROOT)) for path in (ROOT / "src").rglob("*.c")]
    seen = {}
    for pattern, names, reason in reach.rows():
        files = [path for path in sources if fnmatch.fnmatchcase(path, pattern)]
        assert files and reason, pattern
        if names is not None:
            assert len(files) == 1 and set(names) <= set(reach.functions(files[0])), (pattern, names)
        for path in files:
            assert path not in seen, f"{path}: {pattern}, and {seen[path]}"
            seen[path] = pattern
