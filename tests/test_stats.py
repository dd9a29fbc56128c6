# SPDX-License-Identifier: GPL-2.0-or-later
"""tenon stats without a machine: its messages and exit codes. lab-hide-stats tests it with one."""
import os
import subprocess

import pytest

from builds import tenon


def stats(*args, code):
    done = subprocess.run([tenon(), "stats", *args], text=True, capture_output=True, timeout=60,
                          check=False)
    assert done.returncode == code, f"{args}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done


@pytest.mark.parametrize("args", [("--interval", "0"), ("--count",), ("--what",), ("1", "2"),
                                  ("one",), ("0",)])
def test_stats_usage(args):
    """Wrong usage prints only what is wrong."""
    done = stats(*args, code=2)
    assert not done.stdout and done.stderr.startswith("tenon: error: stats: ")


def test_stats_cannot():
    """The error names a process that is not a machine, and one that does not exist."""
    assert f"process {os.getpid()} runs no machine" in stats(str(os.getpid()), code=3).stderr
    assert "there is no process 1073741824" in stats("1073741824", code=3).stderr
