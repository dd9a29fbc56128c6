# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line: one table of options defines the help, the errors, the manual and the
completions."""
import contextlib
import fcntl
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import termios
import time

import pytest

from builds import ROOT, built, tenon
from hosttree import GPU, IGPU, SOUND, Tree


def run_tenon(*args, code=0, **kwargs):
    done = subprocess.run([tenon(), *map(str, args)], text=True, capture_output=True, timeout=60,
                          check=False, **kwargs)
    assert done.returncode == code, f"{args}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done


def table():
    """Command -> its row."""
    return {c["name"]: c for c in json.loads(run_tenon("complete", "table").stdout)["commands"]}


@pytest.fixture
def host(tmp_path):
    return Tree(tmp_path / "host").root


# Help and errors


def test_cli_help():
    """A command's help is the same however it is requested, and lists the exit codes."""
    commands = table()
    listed = run_tenon("help").stdout
    assert listed == run_tenon("--help").stdout == run_tenon("-h").stdout
    assert set(re.findall(r"(?m)^  ([a-z]+) ", listed)) == set(commands)
    for name, command in commands.items():
        told = run_tenon("help", name).stdout
        assert told == run_tenon(name, "--help").stdout == run_tenon(name, "-h").stdout
        assert f"Usage: tenon {name} [OPTIONS]" in told and "\nExit codes: 0 " in told
        for option in command["options"]:
            assert re.search(rf"(?m)^  (-{option['letter']}, )?--{option['name']}\b", told), option
        assert max(map(len, told.splitlines())) <= 100, told
    assert run_tenon("version").stdout == run_tenon("--version").stdout


def test_cli_mistakes():
    """All commands report mistakes in the command line in the same words."""
    assert "Did you mean 'list'?" in run_tenon("lsit", code=2).stderr
    assert "Did you mean 'version'?" in run_tenon("verson", code=2).stderr
    assert "Did you mean 'check'?" in run_tenon("help", "chekc", code=2).stderr
    run_tenon(code=2)
    for name, command in table().items():
        wrong = run_tenon(name, "--xyzzy", code=2).stderr
        assert wrong.startswith(f"tenon: error: {name}: there is no option '--xyzzy'\n"), wrong
        for option in command["options"][:2]:
            swapped = option["name"][0] + option["name"][2] + option["name"][1] + option["name"][3:]
            if swapped == option["name"] or len(swapped) < 4:
                continue
            wrong = run_tenon(name, f"--{swapped}", code=2).stderr
            assert f"there is no option '--{swapped}'" in wrong and "Did you mean '--" in wrong
        if command["operands"] and "[" not in command["operands"]:
            assert " is missing\n" in run_tenon(name, code=2).stderr
        if "..." not in (command["operands"] or ""):
            wrong = run_tenon(name, "a", "b", "c", "d", code=2).stderr
            assert f"{name}: unexpected argument '" in wrong, wrong


def operands(command):
    """Valid operands for the command."""
    return [GPU if o.startswith("ADDRESS") else o.split("|")[0]
            for o in (command["operands"] or "").split("\n")[0].split() if o[0] != "["]


def test_cli_empty():
    """An empty value, as from an unset variable, is an error."""
    for name, command in table().items():
        for option in command["options"]:
            if option["kind"] in ("flag", "switch") or option["argument"] == "TEXT":
                continue
            wrong = run_tenon(name, *operands(command), f"--{option['name']}=", code=2)
            assert option["name"] in wrong.stderr or "is not a " in wrong.stderr, wrong.stderr
        if command["operands"]:
            run_tenon(name, "", code=2)


def test_cli_json_errors(host):
    """With --json an error is printed as JSON, too, and still as a message."""
    for args, code, exits in [
            (["list", "--sysroot", host / "none"], "ENOENT", 3), (["explain"], "EINVAL", 2),
            (["plan", "--for", "x", GPU], "EINVAL", 2), (["trace", host], "EISDIR", 3),
            (["rom", host / "none"], "ENOENT", 3), (["capture", "-o", "/proc/x"], "ENOENT", 3)]:
        done = run_tenon(*args, "--json", code=exits)
        error = json.loads(done.stdout)["error"]
        assert error["code"] == code and error["exit"] == exits, error
        assert error["cause"] in done.stderr and error["device"] is None
    done = run_tenon("explain", "0000:09:00.0", "--json", "--sysroot", host, code=3)
    error = json.loads(done.stdout)["error"]
    assert error["device"] == "0000:09:00.0" and "tenon list" in error["help"], error


def test_cli_says_what_there_is():
    """A wrong word is answered with the right ones, and a process that is not with that."""
    wrong = run_tenon("export", "xml", GPU, code=2).stderr
    assert "there is no format 'xml'" in wrong
    assert "qemu, libvirt, proxmox, kubevirt, cdi, nova" in wrong, wrong
    assert "Did you mean 'libvirt'?" in run_tenon("export", "libvit", GPU, code=2).stderr
    gone = run_tenon("stats", "1073741823", code=3).stderr
    assert "there is no process 1073741823" in gone and "No such file" not in gone


# What commands do, and what they report


@pytest.fixture
def made(tmp_path):
    """A function that runs tenon on a host that reacts to writes."""
    root, build = tmp_path / "made", built("build-gcc")
    root.mkdir()
    subprocess.run([build / "tests/dump/made-host", root], check=True)

    def call(*args, **kwargs):
        return subprocess.run(
            [tenon(), args[0], "--sysroot", root, *args[1:]], text=True, check=False, timeout=60,
            stderr=subprocess.PIPE, **kwargs,
            env={**os.environ, "LD_PRELOAD": build / "tests/shim/made-kernel.so",
                 "MADE_ROOT": str(root)})
    return call


def test_cli_full_output(made, host, tmp_path):
    """If the report cannot be written, a message still says what was done."""
    with open("/dev/full", "w", encoding="ascii") as full:
        for args, words in [(["bind", GPU], "with VFIO all the same"),
                            (["release", GPU], "released all the same"),
                            (["recover"], "put back all the same")]:
            done = made(*args, stdout=full)
            assert done.returncode == 3 and words in done.stderr, (args, done.stderr)
            assert "cannot write standard output: No space left on device" in done.stderr
        # Nothing was done here, so no message says so.
        done = made("plan", GPU, "--json", stdout=full)
        assert done.returncode == 3 and "all the same" not in done.stderr
        done = subprocess.run([tenon(), "capture", "-o", tmp_path / "c", "--sysroot", host],
                              stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert done.returncode == 3 and "file is written all the same" in done.stderr, done.stderr
    assert (tmp_path / "c").stat().st_size > 1000


def closed(descriptors, *args, cwd):
    close = " ".join(f"{fd}{'<' if fd == 0 else '>'}&-" for fd in descriptors)
    return subprocess.run(["bash", "-c", f'"$0" "$@" {close}', tenon(), *args], cwd=cwd, text=True,
                          capture_output=True, check=False, timeout=60)


def test_cli_closed_files(host, tmp_path):
    """Other files do not take the place of closed standard files: a closed output is an error."""
    done = closed([1], "list", "--sysroot", host, cwd=tmp_path)
    assert done.returncode == 3 and "cannot write standard output" in done.stderr, done.stderr
    # Otherwise the file would become descriptor 1 or 2, and the output would go into it.
    for which in ([0], [1], [2], [0, 1, 2]):
        done = closed(which, "capture", "-o", f"c{len(which)}{which[0]}", "--sysroot", host,
                      cwd=tmp_path)
        written = (tmp_path / f"c{len(which)}{which[0]}").read_text()
        assert written.startswith("tenon") and "tenon:" not in written, which
        assert done.returncode == (3 if 1 in which else 0), (which, done)
    done = closed([0], "list", "--lspci", "-", cwd=tmp_path)
    assert done.returncode == 3 and "Bad file descriptor" not in done.stderr, done.stderr


@pytest.mark.parametrize("name", ["cli-signal-term", "cli-signal-int", "cli-signal-kill",
                                  "cli-signal-pipe"])
def test_cli_signal(name, host, tmp_path):
    """However tenon ends, the directory that a capture was unpacked into is deleted."""
    run_tenon("capture", "-o", tmp_path / "c", "--sysroot", host)
    (tmp_path / "tmp").mkdir()
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, b"x" * 4096)
    os.set_blocking(writer, True)
    child = subprocess.Popen([tenon(), "check", "--json", "--sysroot", tmp_path / "c"],
                             stdout=writer, env={**os.environ, "TMPDIR": str(tmp_path / "tmp")},
                             start_new_session=True,
                             # A shell that put the tests into the background ignores it.
                             preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    os.close(writer)
    wait_for(lambda: any((tmp_path / "tmp").iterdir()))
    # It blocks because the pipe is full, so that it cannot end before the signal.
    time.sleep(0.5)
    assert any((tmp_path / "tmp").iterdir()) and child.poll() is None
    kind = name.rpartition("-")[2]
    if kind == "pipe":
        os.close(reader)
    else:
        os.killpg(child.pid, getattr(signal, f"SIG{kind.upper()}"))
    assert child.wait(20) < 0
    wait_for(lambda: not any((tmp_path / "tmp").iterdir()))
    if kind != "pipe":
        os.close(reader)


def wait_for(condition):
    for _ in range(200):
        if condition():
            return
        time.sleep(0.05)
    assert condition()


def test_cli_without_effect(tmp_path):
    """Options without effect are refused, and so is a machine without any content."""
    (tmp_path / "empty.conf").touch()
    for args, words in [
            (["--append", "x", "--firmware", "uefi"], "--append has no effect without --kernel"),
            (["--initrd", "x", "--firmware", "uefi"], "--initrd has no effect without --kernel"),
            (["--firmware-vars", "x", "--kernel", "k"], "--firmware-vars has no effect without"),
            (["--firmware-code", "x", "--kernel", "k"], "--firmware-code has no effect without"),
            (["--sleep", "on", "--share", "/,tag=a", "--kernel", "k"],
             "--sleep on does not go with --share"),
            (["--on-host-sleep", "suspend", "--kernel", "k"], "needs a guest that may sleep"),
            ([tmp_path / "empty.conf"], "there is nothing to start"),
            (["--name", "a/b", "--kernel", "k"], "is no name for a machine"),
            (["--memory", "0", "--kernel", "k"], "'0' is not a size"),
            (["--serial", "com1", "--kernel", "k"], "--serial is stdio, file:PATH or none")]:
        assert words in run_tenon("run", *args, code=2).stderr, args
    done = run_tenon("run", "--kernel", tmp_path / "none", "--memory", "32T", code=3)
    assert "warning: the guest's memory, 33554432 MiB, is more than this host has" in done.stderr


@pytest.mark.parametrize("option", [
    "--cpus=0", "--cpus=256", "--cpus=1000", "--cpus=4,threads=1000", "--cpus=5,cores=2",
    "--cpus=240,threads=5", "--cpus=18446744073709551617", "--cpus=1,pin=4096", "--cpus=-1",
    "--memory=1", "--memory=5M", "--memory=100T", "--memory=8388607T", "--memory=-1",
    "--memory=2G,x", "--hugepages=1G --memory=2050M", "--hugepages=2M --memory=4T,",
    "--grace=3601", "--grace=1.5", "--disk=x,queues=0", "--disk=x,queues=1000",
    "--display=vnc=:65536", "--display=vnc=:-1", "--net=user,forward=0:22",
    "--net=user,forward=65536:22", "--net=user,mac=1:2:3:4:5:6:7", "--net=tap=longer-than-15-bytes",
    "--net=bridge=a/b", "--emulate=debug-exit=65536", "--device=01:00.0,clique=99",
    "--device=01:00.8", "--device=01:20.0", "--device=123456789:00:00.0", "--trace=x,size=-1",
    "--serial=file:x,size=1X", "--serial=file:x,size=0"])
def test_cli_numbers(option, tmp_path):
    """A number or a name that can be right on no host is a mistake in the command line."""
    done = run_tenon("run", "--kernel", tmp_path / "none", *option.split(), code=2)
    assert done.stderr.startswith("tenon: error: run: "), done.stderr


KVM_CHECK_EXTENSION, KVM_CAP_X86_SMM = 0xae03, 117


def test_cli_secure_boot(tmp_path):
    """What cannot have Secure Boot is refused, with what to do instead; so is a host whose KVM has no
    SMM, before anything is made."""
    for args, words in [
            (["--firmware", "bios"], "--secure-boot needs UEFI"),
            (["--kernel", "k"], "--secure-boot and --kernel exclude each other"),
            (["--kernel", "k", "--firmware", "uefi"], "exclude each other"),
            (["--secure-boot", "maybe"], "--secure-boot")]:
        assert words in run_tenon("run", "--secure-boot", "on", *args, code=2).stderr, args
    try:
        with open("/dev/kvm", "rb") as kvm:
            smm = fcntl.ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_X86_SMM)
    except OSError:
        pytest.skip("/dev/kvm is not there, and a machine begins with it")
    if smm:
        pytest.skip("this KVM has SMM")
    vars_fd = tmp_path / "vars.fd"
    done = run_tenon("run", "--secure-boot", "on", "--firmware-vars", vars_fd, code=3)
    assert "this host's KVM has no system management mode (SMM)" in done.stderr
    assert "OVMF_CODE_4M.fd" in done.stderr
    assert not vars_fd.exists()


def test_cli_not_understood(tmp_path):
    """Unknown lines of a trace are counted, and the first is named."""
    (tmp_path / "trace").write_text("VERSION 20070824\nMARK 0.000000 a\nnonsense\nmore of it\n")
    done = run_tenon("trace", tmp_path / "trace", code=1)
    assert "2 lines are not understood; the first is line 3" in done.stderr


def test_cli_disk_in_use(tmp_path):
    """For an image that another process uses, the message says what is wrong and what to do, and
    then quotes the daemon."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        pytest.skip("/dev/kvm is not there, and a machine begins with it")
    image = tmp_path / "a.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", image, "8M"], check=True)
    daemon = subprocess.Popen(
        ["qemu-storage-daemon", "--blockdev", f"driver=file,node-name=f,filename={image}",
         "--blockdev", "driver=qcow2,node-name=d,file=f", "--pidfile", tmp_path / "pid"])
    try:
        wait_for((tmp_path / "pid").exists)
        done = run_tenon("run", "--disk", image, "--firmware", "uefi", "--serial", "none", code=3)
    finally:
        daemon.kill()
        daemon.wait()
    lines = done.stderr.split("tenon: error: ")[1].splitlines()
    assert lines[0] == f"cannot open {image}: another process uses the image", lines
    assert lines[1].startswith("  End that process") and "--blockdev" not in done.stderr, lines
    assert lines[2].startswith("  qemu-storage-daemon said: Failed to get"), lines


def test_cli_machine_name(tmp_path):
    """A machine that a file names can be told from others while it runs."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        pytest.skip("/dev/kvm is not there, and a machine begins with it")
    (tmp_path / "vm.conf").write_text("name: box\nfirmware: bios\nserial: none\nmemory: 64M\n")
    machine = subprocess.Popen([tenon(), "run", tmp_path / "vm.conf"],
                               env={**os.environ, "XDG_STATE_HOME": str(tmp_path)})
    try:
        wait_for(lambda: f"{machine.pid}\tbox\n" in run_tenon("complete", "pids").stdout)
    finally:
        machine.kill()
        machine.wait()


@pytest.mark.parametrize("option, named", [
    ("--display=vnc=:{display}", r"Port (\d+) is free: its display is :\d+\."),
    ("--net=user,by=slirp,forward={port}:22", r"Port (\d+) is free: forward=127.0.0.1:\1:22\n"),
    ("--net=user,forward={port}:22", r"Port (\d+) is free: forward=127.0.0.1:\1:22\n"),
], ids=["vnc", "slirp", "passt"])
def test_cli_port_taken(option, named):
    """For a port that is taken the message says by which process, and which port is free."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        pytest.skip("/dev/kvm is not there, and a machine begins with it")
    for display in range(61, 99):
        with socket.socket() as taken, contextlib.suppress(OSError):
            taken.bind(("127.0.0.1", 5900 + display))
            taken.listen()
            done = run_tenon("run", "--firmware", "bios", "--serial", "none",
                             option.format(display=display, port=5900 + display), code=3)
            program = pathlib.Path("/proc/self/comm").read_text(encoding="ascii").strip()
            assert f"{program} (process {os.getpid()})" in done.stderr
            assert re.search(named, done.stderr), done.stderr
            return
    pytest.skip("no port is free")


def test_cli_unreadable():
    """A capture names the files that it could not read."""
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        root = Tree(pathlib.Path(place) / "host").root
        (root / "proc/iomem").chmod(0)
        shutil.copy(tenon(), f"{place}/tenon")
        other = [] if os.geteuid() else ["setpriv", "--reuid=65534", "--clear-groups"]
        done = subprocess.run(
            [*other, f"{place}/tenon", "capture", "-o", "-", "--sysroot", root],
            text=True, capture_output=True, check=False, cwd="/")
    assert done.returncode == 1, done.stderr
    assert "1 file was not readable; run it as root: /proc/iomem\n" in done.stderr


def test_cli_slot(made, host):
    """An address without a function means all functions of the slot; bind ends with the next
    command to run."""
    told = json.loads(run_tenon("plan", "01:00", "--json", "--sysroot", host).stdout)
    assert [d["address"] for d in told["devices"]] == [GPU, SOUND]
    done = run_tenon("plan", "07:00", "--sysroot", host, code=3)
    assert "has no PCI function in the slot 0000:07:00" in done.stderr
    bound = made("bind", "01:00", stdout=subprocess.PIPE)
    assert bound.returncode == 0, bound.stderr
    command = bound.stdout.strip().splitlines()[-1].split()
    assert command[:2] == ["tenon", "run"] and command.count("--device") == 2, bound.stdout
    assert GPU in command and SOUND in command
    printed = run_tenon("run", "--print-config", "--device", "01:00,msi=off").stdout
    assert "0000:01:00,msi=off" in printed
    done = run_tenon("run", "--device", "ffff:ff:1f", "--firmware", "uefi", code=3)
    assert "this host has no PCI function in the slot ffff:ff:1f" in done.stderr


def test_cli_list_gpu(host):
    """--gpu lists all graphics cards and nothing else."""
    told = json.loads(run_tenon("list", "--gpu", "--json", "--sysroot", host).stdout)
    assert {d["address"] for d in told["devices"]} == {GPU, IGPU}
    run_tenon("list", "--gpu", "--tree", "--sysroot", host, code=2)


def test_cli_check_card(host):
    """A finding that holds for each function of a card is printed once."""
    told = run_tenon("check", "--verbose", "01:00.0", "01:00.1", "--sysroot", host).stdout
    card, sound = told.split(f"\n{GPU}  ")[1].split(f"\n{SOUND}  ")
    for line in ("ok       host-use: ", "ok       rmrr: ", "ok       viable: "):
        assert line in card and line not in sound, (line, told)
    # This finding quotes the ids, so each function has its own.
    assert "ok       config: " in card
    report = json.loads(run_tenon("check", "--json", "01:00.0", "--sysroot", host).stdout)
    assert {f["device"] for f in report["findings"]} == {None, GPU, SOUND}


# The manual


def plain(page):
    """A page's text without its markup, one request per line."""
    lines = []
    for line in (ROOT / "man" / page).read_text().splitlines():
        request = re.match(r"\.(BR|RB|IR|RI|BI|IB) (.*)", line)
        if request:
            line = "".join(a or b for a, b in re.findall(r'"([^"]*)"|(\S+)', request[2]))
        line = re.sub(r"^\.[BI] (?=.)", "", line).replace('"', "")
        lines.append(re.sub(r"\\f.", "", line).replace("\\-", "-"))
    return "\n".join(lines)


def options_in(text):
    return set(re.findall(r"(?<![\w-])--([a-z][a-z-]*)", text))


def part_of(page, name):
    """The part of tenon(1) about one command: its heading and its text."""
    begin = re.search(rf"(?m)^\.SS tenon {name}\b(.*)", page)
    assert begin, f"tenon(1) has no part 'tenon {name}'"
    return begin[1], page[begin.start():].split("\n.S", 1)[0]


def test_cli_manual():
    """tenon(1) has each command with its operands and its options, and no other option."""
    page = plain("tenon.1")
    common = options_in(page[page.index(".SH COMMON OPTIONS"):].split("\n.SH", 1)[0])
    for name, command in table().items():
        if name == "run":
            continue
        heading, text = part_of(page, name)
        known = {o["name"] for o in command["options"]}
        assert not known - options_in(text) - common, (name, known - options_in(text) - common)
        listed = re.findall(r"(?m)^\.TP\n(.*)$", text)
        assert options_in("\n".join(listed)) <= known, name
        for operand in re.findall(r"[A-Z]{3,}", command["operands"] or ""):
            assert operand in heading, (name, operand)


def test_cli_manual_run():
    """tenon-run(1): the synopsis has the table's options with their arguments, and the list has
    each of them."""
    page = plain("tenon-run.1")
    synopsis = " ".join(page[page.index(".SH SYNOPSIS"):page.index(".SH DESCRIPTION")].split())
    listed = page[page.index(".SH OPTIONS"):].split("\n.SH", 1)[0]
    listed = options_in("\n".join(re.findall(r"(?m)^\.TP\n(.*)$", listed)))
    options = table()["run"]["options"]
    for option in options:
        letter = f"-{option['letter']}|" if option["letter"] else ""
        argument = f" {option['argument']}" if option["argument"] else ""
        assert f"[{letter}--{option['name']}{argument}]" in synopsis, (option["name"], synopsis)
    assert options_in(synopsis) == listed == {o["name"] for o in options}


# Completions


@pytest.fixture
def shell_env(tmp_path):
    """An environment whose PATH has the program under test as tenon."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/tenon").symlink_to(tenon())
    (tmp_path / "state/tenon/win11").mkdir(parents=True)
    return {**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}",
            "XDG_STATE_HOME": str(tmp_path / "state")}


def completed(line, env, kind=9):
    """What bash completes for a line that ends at the cursor."""
    script = built("build-gcc") / "src/cmd/completions/tenon"
    command = (f"source {script}; COMP_LINE='{line}' COMP_POINT={len(line)} COMP_TYPE={kind} "
               "COMP_WORDS=(tenon); _tenon; printf '%s\\n' \"${COMPREPLY[@]}\"")
    done = subprocess.run(["bash", "-c", command], text=True, capture_output=True, check=False,
                          env=env)
    assert not done.stderr, done.stderr
    return done.stdout.split("\n")[:-1]


def test_cli_complete_bash(shell_env, tmp_path):
    """Commands, options, their values, files, devices and machines are completed."""
    commands = table()
    assert sorted(completed("tenon ", shell_env)) == sorted(commands)
    assert completed("tenon li", shell_env) == ["list"]
    assert completed("tenon help ex", shell_env) == ["explain", "export"]
    for name, command in commands.items():
        offered = completed(f"tenon {name} --", shell_env)
        assert offered == [f"--{o['name']}" for o in command["options"]], name
    assert completed("tenon run --firmware ", shell_env) == ["auto", "none", "bios", "uefi"]
    assert completed("tenon run --firmware=b", shell_env) == ["bios"]
    assert completed("tenon run --display ", shell_env) == ["vnc=", "none"]
    assert completed("tenon run --name w", shell_env) == ["win11"]
    assert completed("tenon export li", shell_env) == ["libvirt"]
    assert completed("tenon export --for uefi li", shell_env) == ["libvirt"]
    assert "dump" in completed("tenon rom ", shell_env)
    (tmp_path / "host.txt").touch()
    assert completed(f"tenon list --lspci {tmp_path}/host.", shell_env) == [f"{tmp_path}/host.txt"]


def test_cli_complete_devices(shell_env):
    """Addresses are those of this host, with or without the domain, and are shown with names."""
    told = run_tenon("complete", "devices").stdout.splitlines()
    rows = [line.split("\t") for line in told]
    assert all(len(row) == 2 and re.fullmatch(r"[0-9a-f]{4,}:\S+", row[0]) for row in rows)
    if not rows:
        pytest.skip("this host has no PCI device")
    address, name = rows[0]
    # The text before the last colon is already on the line.
    tail = address.rpartition(":")[2]
    assert completed(f"tenon explain {address[:-1]}", shell_env)[0].startswith(tail[:-1])
    assert completed(f"tenon run --device {address[5:-1]}", shell_env)[0].startswith(tail[:-1])
    assert f"({name})" in completed("tenon plan ", shell_env, kind=63)[0]


def test_cli_complete_zsh(tmp_path):
    """zsh reads its file, and _arguments accepts the specifications in it."""
    script = built("build-gcc") / "src/cmd/completions/_tenon"
    text = script.read_text()
    assert text.startswith("#compdef tenon\n")
    run = subprocess.run(["zsh", "-n", script], text=True, capture_output=True, check=False)
    assert run.returncode == 0 and not run.stderr, run.stderr
    (tmp_path / "_tenon").write_text(text)
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 120, 0, 0))
    shell = subprocess.Popen(["zsh", "-f", "-i"], stdin=slave, stdout=slave, stderr=slave,
                             start_new_session=True, env={**os.environ, "TERM": "xterm"})
    os.close(slave)
    shown = ""

    def expect(pattern, typed):
        """Types a text, and reads until the pattern appears."""
        nonlocal shown
        os.write(master, typed.encode())
        shown, deadline = "", time.monotonic() + 30
        while not re.search(pattern, shown):
            assert select.select([master], [], [], max(0, deadline - time.monotonic()))[0], shown
            shown += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|[\x07\x08\r]", "",
                            os.read(master, 4096).decode(errors="replace"))

    try:
        expect("READY1", f"PS1=; unsetopt zle_bracketed_paste; fpath=({tmp_path} $fpath); "
               f"path=({tenon().parent} $path); autoload -Uz compinit; compinit -u -D; "
               "echo READY$((1))\n")
        expect(r"st ", "tenon li\t")
        expect(r"--firmware-code +-- the firmware", "\x15tenon run --firm\t\t")
        expect(r"emu ", "\x15tenon export q\t")
        expect(r"uefi", "\x15tenon run --firmware u\t")
        expect(r"READY2", "\x15echo READY$((1+1))\n")
        assert "_arguments:" not in shown, shown
    finally:
        os.close(master)
        shell.kill()
        shell.wait()


def test_cli_complete_fish(shell_env, tmp_path):
    """fish completes, and describes each candidate."""
    script = built("build-gcc") / "src/cmd/completions/tenon.fish"

    def offered(line):
        done = subprocess.run(
            ["fish", "--no-config", "-c", f"source {script}; complete -C '{line}'"], text=True,
            capture_output=True, check=False, env={**shell_env, "HOME": str(tmp_path)})
        assert not done.stderr, done.stderr
        return dict(line.split("\t") if "\t" in line else (line, "")
                    for line in done.stdout.splitlines())

    commands = table()
    assert offered("tenon ") == {n: c["summary"] for n, c in commands.items()}
    assert set(offered("tenon list --")) == {f"--{o['name']}" for o in commands["list"]["options"]}
    assert set(offered("tenon run --firmware ")) == {"auto", "none", "bios", "uefi"}
    assert "win11" in offered("tenon run --name ")
    assert {"qemu", "nova"} <= set(offered("tenon export "))
