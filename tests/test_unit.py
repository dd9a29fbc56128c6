# SPDX-License-Identifier: GPL-2.0-or-later
"""The C unit tests: under ASan and UBSan, and under TSan if they use several threads."""
import os

import pytest

from builds import ROOT, built, fixtures, run, unit_tests


@pytest.mark.parametrize("name", ["build-gcc", "build-asan"])
def test_build(name):
    """The program builds without warnings with gcc and with clang: the builds treat warnings as
    errors."""
    built(name)


# Tests of code that several threads run.
THREADED = ["unit-ahci-registers", "unit-display-vnc", "unit-nvme-io", "unit-tpm-commands",
            "unit-vfio-assign", "unit-vfio-dma", "unit-vfio-mapping", "unit-vm-vcpus"]


def run_unit(build, name, **more):
    """Runs a C test; those of captured hosts are skipped without TENON_FIXTURES."""
    built(build, *(f"tests/unit/{name}" for name in THREADED if build == "build-tsan"))
    argv, env = unit_tests(build)[name]
    if fixtures():
        env = {**env, "TENON_FIXTURES": str(fixtures())}
    run(*argv, env={**os.environ, **env, **more})


@pytest.mark.parametrize("name", sorted(unit_tests("build-asan")))
def test_unit(name):
    # Have the sanitizer's malloc() return NULL for too large sizes instead of aborting.
    run_unit("build-asan", name, UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1",
             ASAN_OPTIONS="allocator_may_return_null=1",
             LSAN_OPTIONS=f"print_suppressions=0:suppressions={ROOT}/tests/leaks.txt")


@pytest.mark.parametrize("name", ["tsan-" + n for n in THREADED])
def test_tsan(name):
    run_unit("build-tsan", name.removeprefix("tsan-"), TSAN_OPTIONS="halt_on_error=1")
