# SPDX-License-Identifier: GPL-2.0-or-later
"""tenon disk: images are made, resized and described, and nothing is lost by it."""
import contextlib
import fcntl
import json
import os
import re
import resource
import signal
import struct
import subprocess
import threading

import pytest

from builds import tenon
from test_cli import run_tenon

MIB = 1 << 20


def info(path, code=0):
    return json.loads(run_tenon("disk", "info", "--json", path, code=code).stdout)


@contextlib.contextmanager
def held(path, start=0, length=0):
    """The file is locked, as by a machine."""
    fd = os.open(path, os.O_RDWR)
    try:
        fcntl.fcntl(fd, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, start, length, 0))  # OFD_SETLK
        yield
    finally:
        os.close(fd)


@pytest.mark.parametrize("name, args, form", [
    ("a.img", [], "raw"), ("a", ["--format", "raw"], "raw"), ("b.QCOW2", [], "qcow2"),
    ("c.img", ["--format", "qcow2"], "qcow2"), ("d,e.qcow2", [], "qcow2"),
    ("f.img", ["--preallocate"], "raw"), ("g.qcow2", ["--preallocate"], "qcow2")])
def test_disk_create(tmp_path, name, args, form):
    """A new disk has its size and its format, and belongs to its user alone; a preallocated one has
    its space. The line for tenon run is right."""
    disk = tmp_path / name
    told = run_tenon("disk", "create", disk, "24M", *args).stdout
    st = disk.stat()
    assert st.st_mode & 0o777 == 0o600
    if form == "raw":
        assert st.st_size == 24 * MIB
    else:
        done = subprocess.run(["qemu-img", "info", "--output=json", "-f", "qcow2", f"./{name}"],
                              cwd=tmp_path, check=True, capture_output=True)
        assert json.loads(done.stdout)["virtual-size"] == 24 * MIB
    assert (st.st_blocks * 512 >= 24 * MIB) == ("--preallocate" in args)
    of = info(disk, code=1 if name == "c.img" else 0)
    assert (of["format"], of["size"], of["in_use"], of["names"]) == (form, 24 * MIB, None, [])
    option = str(disk).replace(",", ",,") + (",format=qcow2" if name == "c.img" else "")
    assert f"--disk {option}\n" in told
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_disk_create_refused(tmp_path):
    """Nothing is overwritten, not even a link that leads nowhere; what cannot be made is said, and
    leaves nothing."""
    there = tmp_path / "there.img"
    there.write_bytes(b"precious")
    (tmp_path / "link.img").symlink_to("nowhere")
    for name, size, args, words in [
            ("there.img", "1M", [], "exists already"), ("link.img", "1M", [], "exists already"),
            ("there.img", "1M", ["--format", "qcow2"], "exists already"),
            ("none/a.img", "1M", [], "No such file"), ("a.img", "1000", [], "multiple of 512"),
            ("a.img", "0", [], "multiple of 512"), ("a.vmdk", "1M", [], "not made here"),
            ("a.img", "1M", ["--format", "vdi"], "raw or qcow2, not 'vdi'"),
            ("a.img", "4000000G", ["--preallocate"], "are free there"),
            ("a.qcow2", "4000000G", ["--preallocate"], "are free there")]:
        done = run_tenon("disk", "create", tmp_path / name, size, *args, code=3)
        assert words in done.stderr, done.stderr
    assert there.read_bytes() == b"precious"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link.img", "there.img"]
    for args in (["create", "a"], ["create"], ["info"], ["make", "a"], ["create", "a", "x"],
                 ["info", "a", "b"], ["info", "a", "--shrink"], ["create", "", "1M"],
                 ["resize", "a", "1M", "--preallocate"], ["create", "a", "+1M"]):
        run_tenon("disk", *args, code=2, cwd=tmp_path)


def test_disk_create_room(tmp_path):
    """A sparse disk that is larger than the room behind it is made, with a warning."""
    done = run_tenon("disk", "create", tmp_path / "a.img", "4T")
    assert "the guest's writes fail" in done.stderr and info(tmp_path / "a.img")["size"] == 4 << 40


@pytest.mark.parametrize("name", ["a.img", "a.qcow2"])
def test_disk_create_killed(tmp_path, name):
    """A disk is there completely, or not at all."""
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    done = subprocess.run([tenon(), "disk", "create", tmp_path / name, "8M", "--preallocate"],
                          preexec_fn=limit, check=False, capture_output=True)
    assert done.returncode in (3, -signal.SIGXFSZ), done
    assert not list(tmp_path.iterdir())


def test_disk_create_race(tmp_path):
    """Of many that make one file at once, one makes it."""
    codes = []

    def make():
        codes.append(subprocess.run([tenon(), "disk", "create", tmp_path / "a.img", "8M",
                                     "--preallocate"], check=False, capture_output=True).returncode)
    threads = [threading.Thread(target=make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [0, 3, 3, 3, 3, 3]


@pytest.mark.parametrize("name", ["a.img", "a.qcow2"])
def test_disk_resize(tmp_path, name):
    """A disk becomes larger, and smaller only if that is asked for; its content stays."""
    disk = tmp_path / name
    run_tenon("disk", "create", disk, "8M")
    write = ["qemu-io", "-f", info(disk)["format"], disk, "-c"]
    subprocess.run([*write, "write -P 7 0 1M"], check=True, capture_output=True)
    for size, larger in [("16M", 16), ("+8M", 24), ("24M", 24)]:
        assert "MiB" in run_tenon("disk", "resize", disk, size).stdout
        assert info(disk)["size"] == larger * MIB
    done = run_tenon("disk", "resize", disk, "4M", code=3)
    assert "its end would be lost" in done.stderr and "--shrink" in done.stderr
    assert info(disk)["size"] == 24 * MIB
    run_tenon("disk", "resize", disk, "4M", "--shrink")
    assert info(disk)["size"] == 4 * MIB
    done = subprocess.run([*write, "read -P 7 0 1M"], check=True, capture_output=True, text=True)
    assert "verification failed" not in done.stdout


@pytest.mark.parametrize("name, start, length", [
    ("a.img", 0, 0), ("a.qcow2", 0, 0), ("a.img", 101, 1), ("a.qcow2", 101, 1)])
def test_disk_resize_in_use(tmp_path, name, start, length):
    """A disk that a machine of Tenon's or QEMU's has is not resized; info says who has it."""
    disk = tmp_path / name
    run_tenon("disk", "create", disk, "8M")
    with held(disk, start, length):
        done = run_tenon("disk", "resize", disk, "16M", code=3)
        assert re.search(rf"is in use by \S+ \(process {os.getpid()}\)", done.stderr)
        assert info(disk)["in_use"].endswith(f"(process {os.getpid()})")
    assert info(disk)["size"] == 8 * MIB and info(disk)["in_use"] is None


def test_disk_resize_refused(tmp_path):
    """What would open or harm something else is refused."""
    run_tenon("disk", "create", tmp_path / "base.qcow2", "8M")
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", "base.qcow2", "-F", "qcow2",
                    "over.qcow2"], cwd=tmp_path, check=True)
    run_tenon("disk", "create", tmp_path / "c.img", "8M", "--format", "qcow2")
    for name, words in [("over.qcow2", "names other files, such as base.qcow2"),
                        ("c.img", "begins like a qcow2 image"), ("none.img", "there is no disk"),
                        (".", "neither a file nor a block device")]:
        done = run_tenon("disk", "resize", tmp_path / name, "16M", code=3)
        assert words in done.stderr, done.stderr
    run_tenon("disk", "resize", tmp_path / "c.img", "16M", "--format", "qcow2")
    assert info(tmp_path / "c.img", code=1)["size"] == 16 * MIB


def test_disk_info(tmp_path):
    """Files that an image names are named, not opened; bad images are said to be bad."""
    subprocess.run(["qemu-img", "create", "-q", "-f", "vmdk", "-o", "subformat=monolithicFlat",
                    "flat.vmdk", "8M"], cwd=tmp_path, check=True)
    (tmp_path / "flat-flat.vmdk").unlink()
    os.mkfifo(tmp_path / "flat-flat.vmdk")
    of = info(tmp_path / "flat.vmdk")
    assert of["size"] is None and of["names"] == [{"file": "flat-flat.vmdk", "kind": "extent"}]
    for name, form in [("a.vdi", "vdi"), ("a.vhdx", "vhdx"), ("a.vmdk", "vmdk"), ("a.qed", "qed")]:
        subprocess.run(["qemu-img", "create", "-q", "-f", form, name, "8M"], cwd=tmp_path,
                       check=True)
        of = info(tmp_path / name)
        assert (of["format"], of["size"], of["problem"]) == (form, 8 * MIB, None)
    (tmp_path / "bad.qcow2").write_bytes(b"QFI\xfb\0\0\0\3" + b"\xff" * 600)
    (tmp_path / "short.vhdx").write_bytes(b"vhdxfile")
    os.mkfifo(tmp_path / "fifo")
    for name, words in [("bad.qcow2", "makes no sense"), ("short.vhdx", "qemu-img"),
                        ("fifo", "neither a file"), ("none", "tenon disk create")]:
        done = run_tenon("disk", "info", tmp_path / name, code=3)
        assert words in done.stderr, done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="root has more to give up")
def test_disk_qemu_img_contained(tmp_path):
    """qemu-img is in namespaces of its own, its users' too; an image of another user's is no
    obstacle."""
    if subprocess.run(["unshare", "--user", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this host has no user namespaces for it, as in a chroot")
    image = tmp_path / "disk.vdi"
    subprocess.run(["qemu-img", "create", "-q", "-f", "vdi", image, "8M"], check=True)
    os.chown(image, 65534, 65534)
    image.chmod(0o600)
    assert info(image)["size"] == 8 * MIB
    trace = tmp_path / "trace"
    done = subprocess.run(["strace", "-f", "-o", trace, "-e", "trace=clone,unshare,openat,execve",
                           tenon(), "disk", "info", image], stdout=subprocess.PIPE, check=True)
    assert b"8 MiB" in done.stdout
    text = trace.read_text()
    before_it_runs = text[:text.index('/qemu-img"')]
    assert re.search(r'"/proc/\d+/uid_map", O_WRONLY', before_it_runs), before_it_runs
    for space in ("USER", "PID", "NET", "IPC", "UTS", "CGROUP"):
        assert f"CLONE_NEW{space}" in before_it_runs, before_it_runs


def test_disk_without_qemu_img(tmp_path):
    """Without qemu-img raw disks are made, and for others a message says what to install."""
    env = {**os.environ, "PATH": str(tmp_path)}
    run_tenon("disk", "create", "a.img", "8M", cwd=tmp_path, env=env)
    done = run_tenon("disk", "create", "a.qcow2", "8M", cwd=tmp_path, env=env, code=3)
    assert "needs qemu-img, which is not installed" in done.stderr
    assert "qemu-utils" in done.stderr and not (tmp_path / "a.qcow2").exists()


def test_disk_missing(tmp_path):
    """A machine whose disk is missing says how to make it; a missing CD is only missing."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        pytest.skip("/dev/kvm is not there, and a machine begins with it")
    start = ["run", "--firmware", "uefi", "--serial", "none"]
    for option in ("a.img", "a.qcow2", "a.img,bus=sata", "a.img,bus=nvme", "a.qcow2,format=qcow2"):
        done = run_tenon(*start, "--disk", option, cwd=tmp_path, code=3)
        name = option.split(",", maxsplit=1)[0]
        assert f"there is no disk {name}\n  Make it: tenon disk create {name} 64G" in done.stderr
    for option in (["--cdrom", "a.iso"], ["--disk", "a.img,readonly=on"]):
        done = run_tenon(*start, *option, cwd=tmp_path, code=3)
        assert "No such file" in done.stderr and "disk create" not in done.stderr
