# SPDX-License-Identifier: GPL-2.0-or-later
"""tenon new: a machine's file, its disk and its place are made, all of them or none."""
import json
import os
import pty
import shutil
import subprocess

import pytest
import yaml

from builds import tenon
from hosttree import GPU, IGPU, PORT, Tree
from test_cli import run_tenon

GIB = 1 << 30


@pytest.fixture(name="host")
def fixture_host(tmp_path):
    """A host of 8 cores with 2 threads each."""
    tree = Tree(tmp_path / "host")
    cores(tree, 8, 2)
    return tree


def cores(tree, nr, threads, node=None):
    if node is None:
        tree.write("sys/devices/system/cpu/online", f"0-{nr * threads - 1}\n")
    for cpu in range(nr * threads):
        tree.write(f"sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list",
                   ",".join(str(cpu % nr + nr * i) for i in range(threads)) + "\n")


@pytest.fixture(name="new")
def fixture_new(host, tmp_path):
    """A function that runs tenon new with places of the test's own."""
    for name in ("win.iso", "drivers.iso"):
        (tmp_path / name).write_bytes(bytes(4096))
    for name in ("config", "data", "state"):
        (tmp_path / name).mkdir()
    env = {**os.environ, **{f"XDG_{name.upper()}_HOME": str(tmp_path / name)
                            for name in ("config", "data", "state")}}

    def call(*args, code=0, **kwargs):
        return run_tenon("new", *args, "--sysroot", host.root, code=code, cwd=tmp_path, env=env,
                         stdin=subprocess.DEVNULL, **kwargs)
    call.env = env
    return call


def made(tmp_path):
    """All files and the directories of machines that are there."""
    return sorted(str(p.relative_to(tmp_path)) for name in ("config", "data", "state")
                  for p in (tmp_path / name).rglob("*")
                  if p.is_file() or p.parent == tmp_path / "state/tenon")


ALL = ["win", "--for", "windows11", "--iso", "win.iso", "--iso", "drivers.iso", "--disk", "120G",
       "--device", "01:00.0"]
PARTS = ["config/tenon/machines/win.conf", "data/tenon/disks/win.img", "state/tenon/win"]


def test_new_machine(new, tmp_path):
    """If all is given, nothing is asked; the machine file has it, and `run` reads the file."""
    of = json.loads(new(*ALL, "--json").stdout)
    assert made(tmp_path) == PARTS
    disk = tmp_path / PARTS[1]
    assert disk.stat().st_size == 120 * GIB and disk.stat().st_mode & 0o777 == 0o600
    assert (of["made"], of["file"], of["disk"]) == (True, str(tmp_path / PARTS[0]), str(disk))
    text = (tmp_path / PARTS[0]).read_text()
    assert of["machine"] == text
    machine = yaml.safe_load(text)
    assert machine["name"] == "win" and machine["firmware"] == "uefi"
    assert machine["memory"] == "16G" and machine["for"] == "windows11"
    assert (machine["hyperv"], machine["rtc"], machine["tpm"]) == (True, "localtime", True)
    assert machine["cpus"] == "12,threads=2,pin=2+10+3+11+4+12+5+13+6+14+7+15"
    assert machine["disk"] == [f"{disk},bus=nvme"] and machine["device"] == ["0000:01:00"]
    assert machine["cdrom"] == [str(tmp_path / "win.iso"), str(tmp_path / "drivers.iso")]
    done = run_tenon("run", "--print-config", tmp_path / PARTS[0])
    assert yaml.safe_load(done.stdout) == machine


def test_new_next(new, host):
    """The next commands bind what a driver of the host has, and run the machine, as root."""
    def commands(text):
        return [c.removeprefix("sudo ") if os.geteuid() else c for c in json.loads(text)["next"]]

    assert [c.split()[:2] for c in commands(new(*ALL, "--json").stdout)] == [["tenon", "run"]]
    host.link(host.directory(GPU) / "driver", "../../../../bus/pci/drivers/nouveau")
    bind, run = commands(new("other", *ALL[1:], "--json", "--dry-run").stdout)
    assert bind == "tenon bind 0000:01:00" and run.startswith("tenon run /")


def test_new_dry_run(new, tmp_path):
    """With --dry-run the same is printed and nothing is made."""
    said = new(*ALL, "--dry-run").stdout
    assert not made(tmp_path) and "This would be made:" in said
    assert said.split("\n\n", 1)[1] == new(*ALL).stdout.split("\n\n", 1)[1]


@pytest.mark.parametrize("part", PARTS)
def test_new_overwrites_nothing(new, tmp_path, part):
    """Whatever part of a machine of that name is there stays, and nothing else is made."""
    new(*ALL)
    kept = tmp_path / part
    for other in PARTS:
        if other == part:
            continue
        if (tmp_path / other).is_dir():
            shutil.rmtree(tmp_path / other)
        else:
            (tmp_path / other).unlink()
    before = kept.stat()
    done = new(*ALL, code=3)
    assert "already" in done.stderr and "Nothing is ever overwritten" in done.stderr
    assert made(tmp_path) == [part] and kept.stat() == before


def test_new_refused(new, tmp_path):
    """What is wrong or missing is said, and nothing is made."""
    for change, code, words in [
            (["../x"], 2, "no name for a machine"), (["a", "b"], 2, "unexpected argument"),
            (["a", "--for", "dos"], 2, "none of windows11"), (["a", "--disk", "x"], 2, "not a size"),
            (["a", "--for", "linux"], 3, "--disk is missing"), (["a"], 3, "--for is missing"),
            (["a", *ALL[1:], "--device", "09:00.0"], 3, "no such device"),
            (["a", *ALL[1:], "--device", PORT], 3, "is a bridge"),
            (["a", *ALL[1:], "--device", "x"], 3, "not a PCI address"),
            (["a", *ALL[1:], "--iso", "none.iso"], 3, "none.iso"),
            (["a", *ALL[1:], "--cpus", "0"], 3, "--cpus"),
            (["a", "--for", "linux", "--disk", "100"], 2, "multiple of 512")]:
        assert words in new(*change, code=code).stderr, change
        assert not made(tmp_path), change


def test_new_no_room(new, tmp_path):
    """If a part cannot be made, none is left."""
    (tmp_path / "config/tenon").mkdir()
    (tmp_path / "config/tenon/machines").write_text("a file")
    new(*ALL, code=3)
    assert made(tmp_path) == ["config/tenon/machines"]


@pytest.mark.parametrize("nr, threads, cpus", [
    (1, 1, "1"), (1, 2, "2"), (2, 1, "1,pin=1"), (4, 2, "6,threads=2,pin=1+5+2+6+3+7"),
    (6, 1, "5,pin=1-5"),
    (32, 2, "16,threads=2,pin=8+40+9+41+10+42+11+43+12+44+13+45+14+46+15+47")])
def test_new_cpus(new, host, nr, threads, cpus):
    """Whole cores are pinned, and some are left to the host."""
    shutil.rmtree(host.root / "sys/devices/system/cpu")
    cores(host, nr, threads)
    text = json.loads(new(*ALL, "--dry-run", "--json").stdout)["machine"]
    assert str(yaml.safe_load(text)["cpus"]) == cpus


def test_new_cpus_of_node(new, host):
    """On a host with several nodes, the cores are those of the card's node."""
    for node in (0, 1):
        host.write(f"sys/devices/system/node/node{node}/cpulist",
                   f"{4 * node}-{4 * node + 3},{4 * node + 8}-{4 * node + 11}\n")
    host.write(host.directory(GPU) / "numa_node", "1\n")
    text = json.loads(new(*ALL, "--dry-run", "--json").stdout)["machine"]
    assert yaml.safe_load(text)["cpus"] == "8,threads=2,pin=4+12+5+13+6+14+7+15"


def test_new_asks(new, tmp_path, host):
    """On a terminal it asks for what is missing, again after a bad answer; the suggested card is not
    the one that shows the host's console."""
    front, back = pty.openpty()
    os.write(front, b"dos\nwindows10\nnowhere.iso\nwin.iso\n\n9\n\n")
    done = subprocess.run([tenon(), "new", "win", "--sysroot", host.root, "--json"], stdin=back,
                          stderr=back, stdout=subprocess.PIPE, cwd=tmp_path, env=new.env,
                          timeout=60, check=False)
    said = os.read(front, 65536).decode()
    os.close(front)
    os.close(back)
    assert done.returncode == 0, said
    of = json.loads(done.stdout)
    machine = yaml.safe_load(of["machine"])
    assert (of["for"], of["size"]) == ("windows10", 64 * GIB)
    assert machine["device"] == ["0000:01:00"] and machine["cdrom"] == [str(tmp_path / "win.iso")]
    assert "'dos' is none of" in said and "nowhere.iso" in said
    assert IGPU in said and "(the host's screen)" in said


def test_new_user(tmp_path):
    """A user's machine is below the home directory."""
    if os.geteuid():
        pytest.skip("only root can become another user")
    home = tmp_path / "home"
    home.mkdir()
    for path in (home, *[p for p in home.parents if str(p).startswith("/tmp/")]):
        path.chmod(path.stat().st_mode | 0o011)
    os.chown(home, 65534, 65534)
    env = {"HOME": str(home), "PATH": os.environ["PATH"]}
    program = home / "tenon"
    shutil.copy(tenon(), program)
    Tree(home / "host")
    subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", program,
                    "new", "deb", "--for", "linux", "--disk", "8G", "--sysroot", home / "host"],
                   check=True, env=env, stdin=subprocess.DEVNULL)
    for part in (".config/tenon/machines/deb.conf", ".local/share/tenon/disks/deb.img",
                 ".local/state/tenon/deb"):
        assert (home / part).stat().st_uid == 65534
