# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands to running machines, where none runs. lab-life-* tests them with one."""
import subprocess

import pytest

from builds import tenon


def ask(*args, code):
    done = subprocess.run([tenon(), *args], text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == code, f"{args}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done


@pytest.mark.parametrize("args", [("ps", "x"), ("status",), ("stop", "--wait", "x", "a"),
                                  ("pause", "a", "b"), ("resume",), ("restart",)])
def test_cli_machines_usage(args):
    done = ask(*args, code=2)
    assert not done.stdout and done.stderr.startswith(f"tenon: error: {args[0]}: ")


@pytest.mark.parametrize("command", ["status", "stop", "pause", "resume", "restart", "wake"])
def test_cli_machines_none(command):
    """A name that no machine has, and one that is no name."""
    for name in ("no-such-machine", "../no-such-machine", ".."):
        done = ask(command, name, code=3)
        assert f"no machine with the name {name} runs" in done.stderr and "tenon ps" in done.stderr
