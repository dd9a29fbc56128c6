# SPDX-License-Identifier: GPL-2.0-or-later
"""What the commands that look at a host say in everyday situations, on made-up hosts."""
import json
import subprocess

import pytest

from builds import tenon
from hosttree import GPU, IGPU, SOUND, Tree, config

NVME = "0000:02:00.0"


def call(*args, code=0, **options):
    done = subprocess.run([tenon(), *args], text=True, capture_output=True, check=False,
                          timeout=60, **options)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def told(*args, code=0):
    return json.loads(call(*args, "--json", code=code).stdout)


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path / "host")


def start_guest(tree, *command_line, pid=812):
    """A process that has the group of the graphics card and its sound."""
    tree.process(pid, command_line[0], "/dev/vfio/3")
    tree.write(f"proc/{pid}/cmdline", "\0".join(command_line) + "\0")


@pytest.mark.parametrize("command_line, machine", [
    (["tenon", "run", "--name", "win11", "--device", "01:00.0"], "win11"),
    (["tenon", "run", "--name=win11"], "win11"),
    (["qemu-system-x86", "-name", "guest=win11,debug-threads=on"], "win11"),
    (["qemu-system-x86", "-m", "4G"], None),
], ids=["tenon", "tenon-equals", "qemu", "nameless"])
def test_cli_busy_card(command_line, machine, tree):
    """A card that a guest has is shown so by every command, and nothing calls it free."""
    root = ["--sysroot", tree.root]
    assert told("list", *root)["devices"][1]["guest"] is None
    start_guest(tree, *command_line)
    listed = {d["address"]: d for d in told("list", *root)["devices"]}
    who = {"pid": 812, "program": command_line[0], "machine": machine}
    assert listed[GPU]["guest"] == listed[SOUND]["guest"] == who
    assert listed[GPU]["verdict"] == listed[SOUND]["verdict"] == "guest"
    assert listed[IGPU]["guest"] is None and listed[IGPU]["verdict"] == "boot-vga"
    text = f"{command_line[0]} (process 812" + (f", machine {machine})" if machine else ")")
    assert f"guest: {text}" in call("list", *root, env={"COLUMNS": "300"}).stdout
    plan = told("plan", GPU, *root, code=1)
    assert {o["code"] for o in plan["objections"]} == {"guest"} and not plan["allowed"]
    assert f"belongs to a guest: {text}" in plan["objections"][0]["text"]
    done = call("bind", GPU, *root, code=1)
    assert "belongs to a guest" in done.stderr
    assert told("explain", GPU, *root, code=1)["guest"] == who
    assert f"A guest has it: {text}" in call("explain", GPU, *root, code=1).stdout
