# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab itself: what its commands promise in lab/README.md."""
import fcntl
import hashlib
import os
import pathlib
import pty
import select
import signal
import struct
import subprocess
import tempfile
import termios
import time
import zlib

import pytest

from builds import ROOT
from tenonlab import EmulatorAbort, Lab, LabError, control, fonts, kernel, ports, screen, topology

LAB = ROOT / "lab/lab"


def script(directory, text):
    path = directory / "job.sh"
    path.write_text(text)
    return path


def processes(out):
    """The pids of the living processes that were started for the directory out."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes()
            if b"qemu" in words and os.fsencode(out) in words:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def wait_for(condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.1)


# Without a boot

WRONG = {
    "kind": ('[[port]]\nid = "p"\nkind = "slot"\n', "'kind' has to be one of root-port"),
    "no-id": ('[[device]]\nmodel = "VGA"\n', "[[device]]: 'id' is missing"),
    "id": ('[[device]]\nid = "a,b"\nmodel = "VGA"\n', "an id is a letter"),
    "twice": ('[[device]]\nid = "a"\nmodel = "VGA"\naddr = "2"\n' * 2, "two with this id"),
    "key": ('[[device]]\nid = "a"\nmodel = "VGA"\nacs = true\n', "unknown key 'acs'"),
    "top-key": ("memory = 3\n", "unknown key 'memory'"),
    "cpus": ("cpus = 9\n", "'cpus' has to be 1 to 8, not 9"),
    "type": ("intremap = 1\n", "'intremap' has to be true or false, not 1"),
    "toml": ("[[device\n", "not TOML"),
    "table": ("device = 3\n", "written as [[port]] and [[device]]"),
    "nowhere": ('[[device]]\nid = "a"\nmodel = "VGA"\nunder = "b"\n', "there is no port 'b'"),
    "under-device": ('[[device]]\nid = "a"\nmodel = "VGA"\naddr = "2"\n'
                     '[[device]]\nid = "b"\nmodel = "VGA"\nunder = "a"\n', "there is no port 'a'"),
    "order": ('[[port]]\nid = "d"\nkind = "switch-downstream"\naddr = "2"\n',
              "cannot be under the root bus, only under switch-upstream"),
    "taken": ('[[device]]\nid = "a"\nmodel = "VGA"\naddr = "1f.1"\n', "belongs to the chipset"),
    "addr": ('[[device]]\nid = "a"\nmodel = "VGA"\naddr = "20"\n', "addr '20' is not SLOT"),
    "same": ('[[device]]\nid = "a"\nmodel = "VGA"\naddr = "2"\n'
             '[[device]]\nid = "b"\nmodel = "VGA"\naddr = "2.0"\n', "the same place as"),
    "function": ('[[device]]\nid = "a"\nmodel = "VGA"\naddr = "2.1"\n', "no function 0 beside"),
    "link": ('[[port]]\nid = "p"\nkind = "root-port"\naddr = "2"\n'
             '[[device]]\nid = "a"\nmodel = "VGA"\nunder = "p"\naddr = "1"\n', "only slot 0"),
    "bridge": ('[[port]]\nid = "p"\nkind = "pcie-pci-bridge"\naddr = "2"\n'
               '[[device]]\nid = "a"\nmodel = "VGA"\nunder = "p"\n', "are 1 to 1f"),
    "acs": ('[[port]]\nid = "p"\nkind = "pcie-pci-bridge"\naddr = "2"\nacs = true\n', "has none"),
    "circle": ('[[port]]\nid = "u"\nkind = "switch-upstream"\nunder = "d"\n'
               '[[port]]\nid = "d"\nkind = "switch-downstream"\nunder = "u"\n', "under itself"),
    "size": ('[[device]]\nid = "a"\nmodel = "nvme"\naddr = "2"\n'
             'drive = {content = "zero", size = "1000"}\n', "size '1000' is not a multiple"),
    "base": ('base = "circle.toml"\n', "based on each other"),
}


def test_lab_topology(tmp_path):
    """A wrong topology is refused with a message that names the entry; the lab's own are right."""
    path = tmp_path / "circle.toml"
    for name, (text, message) in WRONG.items():
        path.write_text(text)
        with pytest.raises(LabError) as e:
            topology.load(str(path))
        assert message in str(e.value) and str(path) in str(e.value), name
    for path in topology.DIRECTORY.glob("*.toml"):
        assert topology.load(path.stem).cards
    cards = topology.load("cards")
    assert cards.way(cards.node("dual-audio")) == ["09.0", "00.1"]


def drawn(font, lines, columns, width, ink=b"\xaa\xaa\xaa", paper=bytes(3)):
    """The picture that a text screen with these lines would be."""
    glyphs = {char: bits for bits, char in font.glyphs.items()}
    data = bytearray()
    for line in lines:
        for row in range(font.height):
            for char in line.ljust(columns):
                bits = glyphs[char] >> 8 * (font.height - 1 - row) & 0xFF
                dots = [bits >> (7 - i) & 1 for i in range(8)]
                if width == 9:
                    dots.append(dots[7] if char in screen.NINTH_REPEATS else 0)
                data += b"".join(ink if dot else paper for dot in dots)
    return screen.Image(columns * width, len(lines) * font.height, bytes(data))


def flipped(image, x, y):
    at = (y * image.width + x) * 3
    data = bytearray(image.data)
    data[at:at + 3] = bytes(3) if any(data[at:at + 3]) else b"\xaa\xaa\xaa"
    return screen.Image(image.width, image.height, bytes(data))


def test_lab_glyphs():
    """A text screen reads exactly, and one dot too many makes a cell unknown, not similar."""
    vga = next(fonts.known(pathlib.Path("/nonexistent")))
    lines = ["Hello 0O1lI|", "┌─┐ ▄▀░▒▓ é~", "x" * 80, " !\"#$%&'()*+,-./:;<=>?@[\\]^_`{}"]
    for columns, width in ((80, 9), (80, 8), (100, 8)):
        image = drawn(vga, lines, columns, width)
        assert screen.finish(screen.read(image, [vga])) == "\n".join(lines)
        reverse = drawn(vga, lines, columns, width, ink=b"\0\0\xaa", paper=b"\xff\xff\xff")
        assert screen.finish(screen.read(reverse, [vga])) == "\n".join(lines)
        spoilt = screen.read(flipped(image, width, 0), [vga])
        assert spoilt[0].rstrip() == "H" + screen.UNKNOWN + "llo 0O1lI|"
        assert screen.read(flipped(image, width * 2 - 1, 3), [vga])[0][1] == screen.UNKNOWN


def test_lab_glyphs_nothing():
    """A picture without text is refused."""
    vga = next(fonts.known(pathlib.Path("/nonexistent")))
    noise = b"".join(zlib.crc32(struct.pack("I", i)).to_bytes(4, "big")[:3]
                     for i in range(64 * 48))
    with pytest.raises(LabError, match="64x48. shows no text"):
        screen.read(screen.Image(64, 48, noise), [vga])


def test_lab_glyphs_cursor():
    """Two readings of a blinking screen make one; of a changing screen they do not."""
    assert screen.merge(["ab", "\N{REPLACEMENT CHARACTER} "],
                        ["ab", "c "]) == ["ab", "c "]
    assert screen.merge(["ab"], ["ac"]) is None
    assert screen.merge(["ab"], ["ab", "cd"]) is None


# With a boot

RUN = r"""
printf 'arguments: %s|' "$@"; echo
echo "cwd: $PWD"
for g in /sys/kernel/iommu_groups/*/devices; do echo "group:" $(ls $g); done
lab-card | sed 's/^/card: /'
for d in /sys/bus/pci/devices/*; do
	[ ! -e $d/driver ] || echo "driver: ${d##*/} $(basename $(readlink $d/driver))"
done
echo "image: $(sha256sum <$OUT/nvme.img)"
[ -c /dev/kvm ] && modinfo -n vfio-pci bochs >/dev/null && [ -r $LAB_KERNEL ] && echo "host: ready"
touch /etc/written-here && echo "root: writable"
echo error >&2
echo through >/dev/stdout
printf '\033[2J\033[H0O lab \033[7m│\033[0m\n' >/dev/tty1
lab-screenshot hostvga picture && [ -s $OUT/picture.png ] && echo "picture: there"
lab-text hostvga | sed 's/^/text: /'
(sleep 1; echo late late >$OUT/late) &
lab-wait -t 20 -n 2 late 'l.te' && lab-wait late 'e\n' && lab-wait -n 0 late never &&
	lab-wait -t 20 -c hostvga '^0O l' >/dev/null && echo "wait: found"
lab-wait -t 1 late 'later'; echo "wait: $?"
sleep 1 & lab-wait -t 90 -p $! late 'later'; echo "wait: $?"
lab-wait -c no-card x; echo "wait: $?"
lab-screenshot edu none; echo "refused: $?"
lab-screenshot hostvga ../up; echo "refused: $?"
printf 'left\0' >$OUT/left
sleep 1000 &
exit 77
"""
GROUPS = [{"hostvga"}, {"virtio"}, {"vga"}, {"bochs"}, {"edu"}, {"nvme"}, {"dual", "dual-audio"},
          {"shared0", "shared1"}]


def test_lab_run(tmp_path):
    """A script's status, output and files come back; groups are as the topology makes them."""
    out = tmp_path / "out"
    done = subprocess.run(
        [LAB, "run", "--topology", "cards", "--timeout", "240", "--out", out,
         script(tmp_path, RUN), "a b", "c'\nd"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 77, done.stdout + done.stderr
    assert done.stdout.startswith("arguments: a b|arguments: c'\nd|\n"), done.stdout
    lines = done.stdout.splitlines()

    def said(key):
        return [text.removeprefix(key + ": ") for text in lines if text.startswith(key + ": ")]

    assert said("cwd") == [str(tmp_path)]
    cards = {address: card for card, address in map(str.split, said("card"))}
    groups = [{cards[a] for a in text.split() if a in cards} for text in said("group")]
    assert [g for g in GROUPS if g not in groups] == []
    assert sum(map(len, groups)) == len(cards)
    # Ports without ACS are in the group of what is below them, those with it are not.
    shared = next(text.split() for text in said("group") if "0000:00:0a.0" in text.split())
    assert "0000:00:0a.1" in shared and len(shared) == 4
    assert ["0000:00:04.0"] in [text.split() for text in said("group")]
    assert {text.split()[1] for text in said("driver")} <= {"pcieport", "virtio-pci"}
    assert not {text.split()[0] for text in said("driver")} & set(cards)
    image = (out / "nvme.img").read_bytes()
    assert len(image) == 64 << 20 and len(zlib.compress(image[:65536])) > 65536
    assert said("image") == [hashlib.sha256(image).hexdigest() + "  -"]
    assert said("host") == ["ready"] and said("root") == ["writable"]
    assert not pathlib.Path("/etc/written-here").exists()
    assert "error" in lines and "through" in lines
    assert said("picture") == ["there"]
    assert (out / "picture.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert said("text")[0] == "0O lab │"
    assert said("wait") == ["found", "1", "1", "1"]
    assert said("refused") == ["1", "1"]
    assert not (tmp_path / "up.png").exists()
    assert (out / "left").read_bytes() == b"left\0"
    assert "Linux version" in (out / "lab-console.log").read_text()
    assert "Linux version" not in done.stdout
    assert processes(out) == []


def started(out, job):
    """A run that is up, and its time limit, half of which is left: machines differ much."""
    for limit in (20, 60, 240):
        run = subprocess.Popen([LAB, "run", "--timeout", str(limit), "--out", out, job],
                               stderr=subprocess.PIPE, text=True)
        end = time.monotonic() + limit / 2
        while time.monotonic() < end and not (out / "up").exists():
            time.sleep(0.1)
        if (out / "up").exists():
            return run, limit
        run.kill()
        run.communicate()
    raise AssertionError("the lab does not come up within 120 s")


def test_lab_limit(tmp_path):
    """The time limit ends a run with 124, nothing stays, and until then its cards can be seen."""
    out = tmp_path / "out"
    job = script(tmp_path, "echo Seen from outside >/dev/tty1; >$OUT/up; trap '' TERM; sleep 1000")
    run, limit = started(out, job)
    try:
        name = next(n for n in control.running() if n.startswith(f"{run.pid}."))
        text = subprocess.run([LAB, "text", "--lab", name, "hostvga"], check=True,
                              capture_output=True, text=True).stdout
        assert "Seen from outside" in text.splitlines()
        picture = tmp_path / "a picture.png"
        subprocess.run([LAB, "screenshot", "--lab", name, "hostvga", picture], check=True)
        assert picture.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
        refused = subprocess.run([LAB, "text", "--lab", name, "nothing"], check=False,
                                 capture_output=True, text=True)
        assert refused.returncode == 125 and "no card 'nothing'" in refused.stderr
        assert processes(out)
        _, errors = run.communicate(timeout=limit + 60)
    finally:
        run.kill()
    assert run.returncode == 124
    assert f"time limit of {limit} s" in errors and "lab-console.log" in errors
    assert processes(out) == [] and name not in control.running()


NOBODY = 65534


@pytest.mark.skipif(os.getuid() != 0, reason="all other tests run as an ordinary user already")
def test_lab_user():
    """An ordinary user runs it too, with somebody else's cache; inside, the script is root."""
    kernel.get().close()
    as_nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    if subprocess.run([*as_nobody, "test", "-r", LAB], check=False).returncode:
        pytest.skip("the tree cannot be read by other users")
    with tempfile.TemporaryDirectory() as directory:
        os.chown(directory, NOBODY, NOBODY)
        job = script(pathlib.Path(directory), "id -u; touch /root/here; echo left >$OUT/left")
        done = subprocess.run([*as_nobody, LAB, "run", "--out", directory, job], cwd="/",
                              capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr
        left = pathlib.Path(directory) / "left"
        assert left.read_text() == "left\n" and left.stat().st_uid == NOBODY


def test_lab_panic(tmp_path):
    """A panic of the lab's kernel is the lab's failure, with its console."""
    job = script(tmp_path, "echo before; echo c >/proc/sysrq-trigger; sleep 100")
    with pytest.raises(LabError) as e:
        Lab(out=tmp_path / "out", timeout=240).run(job)
    assert "ended before its job did" in str(e.value) and not isinstance(e.value, EmulatorAbort)
    assert "sysrq triggered crash" in (tmp_path / "out/lab-console.log").read_text()


def test_lab_stands(tmp_path, monkeypatch):
    """A host without a sign of life is the emulator's failure, and ends before its time limit."""
    monkeypatch.setattr(ports, "STANDS", 20)
    job = script(tmp_path, "sleep 30; >$OUT/up; sleep 1000")
    out = tmp_path / "out"
    with Lab(out=out, timeout=400).start(job) as run:
        wait_for(lambda: (out / "up").exists() or run.ports.failure, 240)
        assert not run.ports.failure
        run.qmp.call("stop")
        with pytest.raises(EmulatorAbort, match="has stood still for 20 s.*RIP=[0-9a-f]{16}"):
            run.wait()
    assert processes(out) == []


def test_lab_refused(tmp_path):
    """What QEMU does not accept is said, and is the lab's failure."""
    path = tmp_path / "odd.toml"
    path.write_text('[[device]]\nid = "odd"\nmodel = "no-such-model"\naddr = "2"\n')
    done = subprocess.run([LAB, "run", "--topology", path, "--out", tmp_path / "out", "/bin/true"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 125
    assert "'no-such-model' is not a valid device model name" in done.stderr


def test_lab_killed(tmp_path):
    """Not even kill -9 of the command leaves its QEMU behind."""
    out = tmp_path / "out"
    with subprocess.Popen([LAB, "run", "--out", out, script(tmp_path, "sleep 1000")]) as run:
        wait_for(lambda: processes(out), 60)
        os.kill(run.pid, signal.SIGKILL)
    wait_for(lambda: not processes(out), 10)


def test_lab_shell():
    """A shell on a terminal of its own, as large as the outer one."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(LAB, [LAB, "shell", "--timeout", "240"])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("4H", 41, 123, 0, 0))
    said, sent = b"", False
    end = time.monotonic() + 300
    while time.monotonic() < end:
        if select.select([terminal], [], [], 1)[0]:
            try:
                said += os.read(terminal, 4096)
            except OSError:
                break
        elif b"# " in said and not sent:
            os.write(terminal, b"tty; stty size; lab-card gpu0; exit 9\n")
            sent = True
    _, status = os.waitpid(pid, 0)
    lines = said.decode(errors="replace").replace("\r", "").splitlines()
    assert os.waitstatus_to_exitcode(status) == 9, said
    assert "41 123" in lines and "0000:01:00.0" in lines
    assert any(line.endswith("/dev/hvc0") for line in lines)


def test_lab_kernel_offline(tmp_path, monkeypatch, capsys):
    """Without apt's servers a kernel of the cache does; without one in the cache that is said."""
    monkeypatch.setenv("TENON_CACHE", str(tmp_path))
    monkeypatch.setattr(kernel.Apt, "run", lambda *_, **__: (_ for _ in ()).throw(
        LabError("no server")))
    with pytest.raises(LabError, match="cannot get [^ ]+ for the lab: .*no server"):
        kernel.get()
    directory = kernel.cache() / kernel.PACKAGE / "linux-image-9_9"
    (directory / "lib/modules/9.9").mkdir(parents=True)
    (directory / "in-use").touch()
    assert kernel.get().release == "9.9"
    assert "using the cached linux-image-9_9" in capsys.readouterr().err


def test_lab_tries(tmp_path, monkeypatch):
    """A crash of QEMU's has a name, and a run starts again after it or after a reset that no panic
    led to, as if it had not been; other failures end it."""
    qemu = tmp_path / "qemu-system-x86_64"
    qemu.write_text('#!/bin/sh\necho start >>"$STARTS"\necho "$SAYS" >&2\n'
                    'mkdir "$LEFT" || exit 2\n[ -z "$CRASH" ] || kill -$CRASH $$\nexit $ENDS\n')
    qemu.chmod(0o755)
    starts = tmp_path / "starts"
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("STARTS", str(starts))
    lab = Lab(out=tmp_path / "out")
    kept, left = (tmp_path / "out" / name for name in ("kept", "left"))
    kept.touch()
    monkeypatch.setenv("LEFT", str(left))
    monkeypatch.setenv("ENDS", "1")
    monkeypatch.setenv("SAYS", "tcg_handle_interrupt: assertion failed")
    for number, (crash, name) in enumerate((("ABRT", "SIGABRT"), ("SEGV", "SIGSEGV")), 1):
        monkeypatch.setenv("CRASH", crash)
        with pytest.raises(EmulatorAbort, match=f"{name}.*tcg_handle_interrupt"):
            lab.run("/bin/true", tries=3)
        assert starts.read_text() == "start\n" * 3 * number
        assert kept.exists()
        left.rmdir()
    monkeypatch.setenv("CRASH", "")
    monkeypatch.setenv("SAYS", "")
    monkeypatch.setenv("ENDS", "0")
    with pytest.raises(EmulatorAbort, match="reset without a panic"):
        lab.run("/bin/true", tries=3)
    assert starts.read_text() == "start\n" * 9
    left.rmdir()
    monkeypatch.setenv("ENDS", "1")
    monkeypatch.setenv("SAYS", "out of memory")
    with pytest.raises(LabError, match="QEMU says: out of memory") as failure:
        lab.run("/bin/true", tries=3)
    assert not isinstance(failure.value, EmulatorAbort)
    assert starts.read_text() == "start\n" * 10
