# SPDX-License-Identifier: GPL-2.0-or-later
"""The C unit tests, as gcc builds them and again under ASan and UBSan."""
import os

import pytest

from builds import built, run, unit_tests


@pytest.mark.parametrize("name", ["build-gcc", "build-clang", "build-asan"])
def test_build(name):
    """Warning-free: the builds treat a warning as an error."""
    built(name)


@pytest.mark.parametrize("name", sorted(unit_tests("build-gcc")))
def test_unit(name):
    built("build-gcc")
    argv, env = unit_tests("build-gcc")[name]
    run(*argv, env={**os.environ, **env})


@pytest.mark.parametrize("name", ["asan-" + n for n in sorted(unit_tests("build-gcc"))])
def test_asan(name):
    built("build-asan")
    argv, env = unit_tests("build-asan")[name.removeprefix("asan-")]
    run(*argv, env={**os.environ, **env, "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"})
