# SPDX-License-Identifier: GPL-2.0-or-later
"""The fuzz targets: each runs for TENON_FUZZ_SECONDS (60) from its seeds, under ASan and UBSan.

A target is a file in tests/fuzz and a line in its meson.build. An input that breaks one is kept
in out/fuzz; add it to tests/fuzz/seeds/<target>/ with the fix.
"""
import os
import tempfile

import pytest

from builds import ROOT, built, run

SECONDS = os.environ.get("TENON_FUZZ_SECONDS", "60")
NAMES = sorted("fuzz-" + p.stem for p in (ROOT / "tests/fuzz").glob("*.c") if p.stem != "seeds")


@pytest.mark.parametrize("name", NAMES)
def test_fuzz(name):
    folder = built("build-asan") / "tests/fuzz"
    kept = ROOT / "out/fuzz"
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        seeds = os.path.join(scratch, "seeds")
        corpus = os.path.join(scratch, "corpus")
        os.mkdir(seeds)
        os.mkdir(corpus)
        run(folder / "fuzz-seeds", seeds)
        target = name.removeprefix("fuzz-")
        given = [os.path.join(seeds, target), str(ROOT / "tests/fuzz/seeds" / target)]
        given = [d for d in given if os.path.isdir(d) and os.listdir(d)]
        assert given, f"{name} has no seeds"
        run(folder / name, f"-max_total_time={SECONDS}", "-timeout=10", "-rss_limit_mb=1024",
            "-max_len=65536", f"-artifact_prefix={kept}/{target}-", "-print_final_stats=1",
            "-verbosity=0", corpus, *given,
            env={**os.environ, "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"})
