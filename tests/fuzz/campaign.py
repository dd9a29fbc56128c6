# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs of the fuzz targets: their seeds, and the corpora that the cache keeps. reach.py says what
they reach.

A target is a file in tests/fuzz and a line in its meson.build. What it starts from are the files in
tests/fuzz/seeds/TARGET, what fuzz-seeds makes for it, and the corpus that `make fuzz` has left in the
cache ($TENON_CACHE or .cache). An input that breaks a target is kept in out/fuzz; add it to the target's
directory of seeds with the fix.
"""
import contextlib
import fcntl
import os
import pathlib
import re
import shutil
import tempfile

from builds import ROOT, built, run

SOURCES = ROOT / "tests/fuzz"
BROKEN = ROOT / "out/fuzz"
TARGETS = sorted(p.stem for p in SOURCES.glob("*.c") if not p.stem.startswith("seeds"))
# Without -entropic=0, the choice of the next input takes three times as long as a run of fuzz-lspci.
LIMITS = ["-timeout=10", "-rss_limit_mb=1024", "-max_len=65536", "-verbosity=0", "-entropic=0"]
SANITIZED = "build-asan"


def corpus(target):
    """The directory of the target's kept inputs, which may not be there yet."""
    cache = pathlib.Path(os.environ.get("TENON_CACHE") or ROOT / ".cache")
    return cache / "fuzz" / target


def program(build, name):
    """The path of a target's program, or of fuzz-seeds, after it is built."""
    return built(build, f"tests/fuzz/{name}") / "tests/fuzz" / name


def given(target, build, scratch):
    """The directories with inputs for the target; scratch is an empty one for those that are made."""
    run(program(build, "fuzz-seeds"), scratch)
    places = [pathlib.Path(scratch) / target, SOURCES / "seeds" / target, corpus(target)]
    return [str(place) for place in places if place.is_dir() and any(place.iterdir())]


def fuzz(target, seconds, new):
    """Lets the target run from its inputs; what it finds worth keeping goes to the directory new. A
    failure raises with what was printed; else that is returned."""
    BROKEN.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        seeds = given(target, SANITIZED, scratch)
        assert seeds, f"fuzz-{target} has no seeds"
        return run(program(SANITIZED, f"fuzz-{target}"), f"-max_total_time={seconds}",
                   *LIMITS, f"-artifact_prefix={BROKEN}/{target}-", "-print_final_stats=1",
                   new, *seeds,
                   env={**os.environ, "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"})


@contextlib.contextmanager
def sole_writer(target):
    """Only one process at a time changes the target's corpus."""
    kept = corpus(target)
    kept.parent.mkdir(parents=True, exist_ok=True)
    with open(kept.parent / f".{target}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield kept


def keep(target, new):
    """Adds what a run found to the corpus, of which only that stays which covers something that the
    seeds and the rest do not. Returns how many inputs it has then."""
    with sole_writer(target) as kept, tempfile.TemporaryDirectory() as scratch:
        smallest = pathlib.Path(tempfile.mkdtemp(dir=kept.parent, prefix=".new-"))
        try:
            run(program(SANITIZED, f"fuzz-{target}"), "-merge=1", *LIMITS, smallest,
                *given(target, SANITIZED, scratch), new)
            shutil.rmtree(kept, ignore_errors=True)
            smallest.rename(kept)
        finally:
            shutil.rmtree(smallest, ignore_errors=True)
        return len(list(kept.iterdir()))


def extend(target, seconds):
    """A run of the target that leaves the cache's corpus better. Returns a line about it."""
    with tempfile.TemporaryDirectory() as new:
        said = fuzz(target, seconds, new)
        size = keep(target, new)
    runs = re.search(r"number_of_executed_units: *(\d+)", said)
    return f"{runs[1] if runs else '?'} runs, corpus of {size} inputs"
