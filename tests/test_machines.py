# SPDX-License-Identifier: GPL-2.0-or-later
"""Commands to running machines, where none runs. lab-life-* tests them with one."""
import json
import os
import re
import subprocess

import jsonschema
import pytest

from builds import ROOT, tenon


def ask(*args, code, env=None):
    done = subprocess.run([tenon(), *args], text=True, capture_output=True, timeout=60, check=False,
                          env=env, stdin=subprocess.DEVNULL)
    assert done.returncode == code, f"{args}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done


@pytest.mark.parametrize("args", [("ps", "x"), ("status",), ("stop", "--wait", "x", "a"),
                                  ("pause", "a", "b"), ("resume",), ("restart",), ("start",),
                                  ("console",), ("log",), ("rm", "a", "b")])
def test_cli_machines_usage(args):
    done = ask(*args, code=2)
    assert not done.stdout and done.stderr.startswith(f"tenon: error: {args[0]}: ")


@pytest.mark.parametrize("command", ["status", "stop", "pause", "resume", "restart", "wake",
                                     "console"])
def test_cli_machines_none(command):
    """A name that no machine has, and one that is no name."""
    for name in ("no-such-machine", "../no-such-machine", ".."):
        done = ask(command, name, code=3)
        assert f"no machine with the name {name} runs" in done.stderr and "tenon ps" in done.stderr


@pytest.fixture(name="home")
def fixture_home(tmp_path):
    """The environment of a user who has no machines yet."""
    for directory in "config/tenon/machines", "state", "data", "run":
        (tmp_path / directory).mkdir(parents=True, mode=0o700)
    return {**os.environ, "XDG_CONFIG_HOME": str(tmp_path / "config"),
            "XDG_STATE_HOME": str(tmp_path / "state"), "XDG_DATA_HOME": str(tmp_path / "data"),
            "XDG_RUNTIME_DIR": str(tmp_path / "run")}


def define(home, name, text):
    with open(f"{home['XDG_CONFIG_HOME']}/tenon/machines/{name}.conf", "w", encoding="utf-8") as f:
        f.write(text)


def test_cli_machines_defined(home):
    """Machines that only have a file are listed; a damaged one with the reason."""
    define(home, "cli-one", "memory: 1G\ncpus: '3'\ndevice: ['0000:01:00', '0000:02:00.1']\n")
    define(home, "cli-two", "memry: 1G\n")
    define(home, "cli-three", "name: cli-four\n")
    define(home, "-none", "memory: 1G\n")
    done = ask("ps", "--json", code=0, env=home)
    listed = {m["name"]: m for m in json.loads(done.stdout)["machines"]
              if m["name"].startswith("cli-")}
    assert list(listed) == ["cli-one", "cli-three", "cli-two"]
    one = listed["cli-one"]
    assert (one["state"], one["memory"], one["cpus"], one["pid"]) == ("stopped", 1 << 30, 3, None)
    assert one["devices"] == ["0000:01:00", "0000:02:00.1"] and one["file"].endswith("/cli-one.conf")
    assert listed["cli-two"]["state"] == "broken" and "memry" in listed["cli-two"]["problem"]
    assert "has the name cli-four" in listed["cli-three"]["problem"]
    for name in "ps", "status":
        text = done.stdout if name == "ps" else ask("status", "--json", "cli-one", code=1, env=home).stdout
        schema = json.loads((ROOT / f"docs/schema/{name}.json").read_text())
        jsonschema.Draft202012Validator(schema).validate(json.loads(text))
    done = ask("ps", code=0, env=home)
    assert "cli-two" in done.stdout and "cli-two.conf:1" in done.stderr


def test_cli_machines_start(home):
    """A start that fails says why, as `tenon run` does, and leaves its log."""
    assert "no machine cli-one is defined" in ask("start", "cli-one", code=3, env=home).stderr
    assert "is no name for a machine" in ask("start", "../x", code=3, env=home).stderr
    define(home, "cli-one", "firmware: bios\ndisk: /nonexistent/disk.img\n")
    done = ask("start", "cli-one", code=3, env=home)
    assert done.stderr.startswith("tenon: error: there is no disk /nonexistent/disk.img\n")
    logged = ask("log", "cli-one", code=0, env=home).stdout.splitlines()
    assert "tenon: error: there is no disk /nonexistent/disk.img" in logged[0] and logged[0][10] == " "
    # What is wrong with the file is told before, and the log stays.
    define(home, "cli-one", "memry: 1G\n")
    assert "cli-one.conf:1: there is no option" in ask("start", "cli-one", code=3, env=home).stderr
    assert ask("log", "cli-one", code=0, env=home).stdout.splitlines() == logged
    # A state directory that cannot be used.
    define(home, "cli-one", "firmware: bios\n")
    state = f"{home['XDG_STATE_HOME']}/tenon/cli-one"
    subprocess.run(["rm", "-r", state], check=True)
    with open(state, "w", encoding="ascii"):
        pass
    assert state in ask("start", "cli-one", code=3, env=home).stderr


def test_cli_machines_rm(home, tmp_path):
    """What goes is said and asked for; disks stay, links are not followed."""
    disk, other = tmp_path / "disk.img", tmp_path / "other"
    disk.write_bytes(bytes(512))
    other.mkdir()
    (other / "kept").touch()
    define(home, "cli-one", f"disk: {disk}\ncdrom: {tmp_path}/cd.iso\n")
    state = tmp_path / "state/tenon/cli-one"
    (state / "tpm").mkdir(parents=True)
    (state / "tpm/link").symlink_to(other)
    done = ask("rm", "cli-one", code=3, env=home)
    assert "nothing was removed" in done.stderr and "--yes" in done.stderr and state.exists()
    done = ask("rm", "--yes", "cli-one", code=0, env=home)
    assert f"{disk} stays" in done.stderr
    assert not state.exists() and disk.exists() and (other / "kept").exists()
    assert "there is no machine cli-one" in ask("rm", "-y", "cli-one", code=3, env=home).stderr
    define(home, "cli-one", "memry: 1G\n")
    assert "disks are not known" in ask("rm", "-y", "--disks", "cli-one", code=3, env=home).stderr
    define(home, "cli-one", f"disk: {disk}\n")
    ask("rm", "-y", "--disks", "cli-one", code=0, env=home)
    assert not disk.exists() and not list((tmp_path / "config/tenon/machines").iterdir())


def test_cli_machines_metrics():
    """The text format of OpenMetrics: each family once, its samples behind it, an end."""
    check_metrics(ask("metrics", code=0).stdout)


def check_metrics(text):
    """Returns the samples: name -> labels -> value."""
    assert text.endswith("# EOF\n")
    samples, families, family = {}, set(), None
    for line in text.splitlines()[:-1]:
        if line.startswith("# TYPE "):
            family, kind = line.split(" ")[2:]
            assert family not in families and kind in ("counter", "gauge")
            families.add(family)
        elif not line.startswith("# "):
            name, labels, value = re.fullmatch(r'([a-z0-9_]+)(\{.*\})? ([0-9.]+)', line).groups()
            assert name == family + ("_total" if kind == "counter" else ""), line
            assert labels is None or re.fullmatch(
                r'\{machine="(?:[^"\\\\]|\\\\.)*",pid="\d+"\}', labels), line
            samples.setdefault(name, {})[labels] = float(value)
    return samples
