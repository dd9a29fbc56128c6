# SPDX-License-Identifier: GPL-2.0-or-later
"""The fuzz targets, each for TENON_FUZZ_SECONDS (15) under ASan and UBSan, from its seeds and from what
`make fuzz` has kept. That runs them for longer; tests/fuzz/campaign.py tells where all of it lies."""
import os
import sys

import pytest

from builds import ROOT

sys.path.append(str(ROOT / "tests/fuzz"))

import campaign  # noqa: E402

SECONDS = os.environ.get("TENON_FUZZ_SECONDS", "15")


@pytest.mark.parametrize("name", [f"fuzz-{target}" for target in campaign.TARGETS])
def test_fuzz(name, tmp_path):
    campaign.fuzz(name.removeprefix("fuzz-"), SECONDS, tmp_path)
