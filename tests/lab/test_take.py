# SPDX-License-Identifier: GPL-2.0-or-later
"""A host with one display: it goes from the desktop to a guest and comes back. systemd is real, and the
first process of a namespace; the desktop is a stand-in, a unit that draws on the console and has the
card open. One lab serves all of it."""
import json
import pathlib
import re

import jsonschema
import pytest

from builds import ROOT, built, tenon
from tenonlab import Lab

HERE = pathlib.Path(__file__).resolve().parent
UNITS = ["lab-desktop.service", "lab-daemon.service"]

# The screen is the only display: firmware starts it, and the kernel's console is on it.
TOPOLOGY = """
[[port]]
id = "rp-screen"
kind = "root-port"
addr = "4"
properties = "x-speed=5"

[[port]]
id = "rp-spare"
kind = "root-port"
addr = "5"

[[device]]
id = "spare"
model = "ich9-intel-hda"
under = "rp-spare"
addr = "0.0"

[[device]]
id = "screen"
model = "virtio-vga,iommu_platform=on,disable-legacy=on"
under = "rp-screen"
addr = "0.0"

[[device]]
id = "screen-audio"
model = "ich9-intel-hda"
under = "rp-screen"
addr = "0.1"
"""

# Test -> the case of take.sh that it judges.
CASES = {
    "lab-take-display-asked": "asked",
    "lab-take-display": "session",
    "lab-take-display-killed": "killed",
    "lab-take-display-machine-killed": "machine_killed",
    "lab-life-commands": "life",
    "lab-life-background": "life",
    "lab-qmp-socket": "life",
    "lab-qmp-scripts": "life",
    # The last one: it ends systemd.
    "lab-systemd-machines": "systemd",
    "lab-systemd-managed": "systemd",
}


@pytest.fixture(scope="module", name="out")
def fixture_out(request, tmp_path_factory):
    """Runs the cases that the selected tests need; the directory with what they left."""
    wanted = {item.tenon_name for item in request.session.items}
    cases = [case for name, case in CASES.items() if name in wanted]
    directory = tmp_path_factory.mktemp("take")
    topology = directory.with_suffix(".toml")
    topology.write_text(TOPOLOGY)
    result = Lab(topology=topology, out=directory, timeout=1200).run(
        HERE / "take.sh", [tenon(), built("build-gcc") / "tests", *dict.fromkeys(cases)])
    assert result.status in (0, 124), result.output
    print(result.output)
    return directory


def read(out, name):
    path = out / name
    assert path.exists(), f"there is no {name}: {sorted(p.name for p in out.iterdir())}"
    return path.read_text(errors="replace")


def ended(out, case):
    """What a case printed; it came to its end, and the host was always as it should be."""
    text = read(out, f"{case}.log")
    assert read(out, f"{case}.status") == "0\n", text
    return text


def check_schema(name, text):
    schema = json.loads((ROOT / f"docs/schema/{name}.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(json.loads(text))


def test_lab_take_display(out):
    """Started in a terminal of the desktop, which is killed with it: the guest draws on the card, the
    desktop's services are stopped, and all is back when the guest has ended."""
    ended(out, "session")
    # The terminal was killed with its session.
    assert read(out, "session.caller") == "137\n"
    assert "This terminal ends with the desktop." in read(out, "session.said")
    assert "No bootable" in read(out, "session.guest") and (out / "session-guest.png").exists()
    assert read(out, "session.services").split() == ["inactive", "inactive"]
    assert re.search(r"/machine\.slice/tenon-take-display-\d+\.scope", read(out, "session.cgroup"))
    journal = [json.loads(line.split(" ", 1)[1]) for line in read(out, "session.journal").splitlines()]
    assert [op["value"] for op in journal[0]["ops"] if op["kind"] == "service"] == UNITS
    assert journal[-1] == {"state": "lent"}
    assert "with VFIO since" in read(out, "session.recover")
    assert "End the" in read(out, "session.release")
    assert "start lab-desktop.service" in read(out, "session.written")
    assert "THE DESKTOP OF THE HOST" in read(out, "session.screen")


def test_lab_take_display_asked(out):
    """From the desktop, without --yes and without a terminal: refused, and nothing has changed."""
    ended(out, "asked")
    assert read(out, "asked.code") == "3\n" and "--yes" in read(out, "asked.said")
    plan = json.loads(read(out, "asked.plan"))
    kinds = [op["kind"] for op in plan["operations"]]
    assert [op["value"] for op in plan["operations"] if op["kind"] == "service"] == UNITS
    assert kinds.index("service") < kinds.index("idle") < kinds.index("unbind") and plan["allowed"]
    assert "It is the host's only display." in read(out, "asked.alone")


def test_lab_take_display_killed(out):
    """The supervisor is killed while the guest runs: the machine is ended, and the desktop is back."""
    ended(out, "killed")
    assert read(out, "killed.services").split() == ["inactive", "inactive"]
    assert "THE DESKTOP OF THE HOST" in read(out, "killed.screen")


def test_lab_take_display_machine_killed(out):
    """The machine's process is killed: the supervisor says so, and the desktop is back."""
    ended(out, "machine_killed")
    assert read(out, "machine_killed.code") == "3\n"
    assert "ended by signal 9" in read(out, "machine_killed.said")
    assert "THE DESKTOP OF THE HOST" in read(out, "machine_killed.screen")


def test_lab_life_commands(out):
    """A machine by its name: listed, paused, resumed, reset, ended; and one name is one machine."""
    ended(out, "life")
    one, = json.loads(read(out, "life.ps"))["machines"]
    assert (one["name"], one["state"], len(one["threads"])) == ("life", "running", 2)
    check_schema("ps", read(out, "life.ps"))
    check_schema("status", read(out, "life.paused"))
    assert json.loads(read(out, "life.paused"))["state"] == "paused"
    assert json.loads(read(out, "life.resumed"))["state"] == "running"
    assert read(out, "life.second.code") == "3\n"
    assert "a machine with the name life runs already" in read(out, "life.second")
    # SeaBIOS has no button handler.
    assert read(out, "life.ignored.code") == "3\n" and "still runs" in read(out, "life.ignored")
    assert read(out, "life.gone") == "No machine is defined, and none with a name runs.\n"


def test_lab_life_background(out):
    """A machine that is defined runs in the background; its console is attached to again and again, and
    the terminal is as before; a killed one leaves nothing; then it is removed."""
    ended(out, "life")
    one, = json.loads(read(out, "bg.defined"))["machines"]
    assert (one["name"], one["state"], one["memory"]) == ("bg", "stopped", 64 << 20)
    assert read(out, "bg.start") == "tenon: bg runs\n"
    assert "bg runs already" in read(out, "bg.twice") and "bg runs" in read(out, "bg.runs")
    assert read(out, "bg.console") == "round 0 code 0\nround 1 code 0\nround 2 code 3\n"
    metrics = read(out, "bg.metrics")
    assert re.search(r'(?m)^tenon_vcpus\{machine="bg",pid="\d+"\} 1$', metrics), metrics
    assert re.search(r'(?m)^tenon_kvm_exits_total\{machine="bg",pid="\d+"\} [1-9]\d*$', metrics), metrics
    # It shows what comes until it is ended, also after the last of what is typed.
    assert "SeaBIOS" in read(out, "bg.piped") and read(out, "bg.piped.code") == "124\n"
    assert "stopped" in read(out, "bg.killed") and "/etc/tenon/machines/bg.conf" in read(out, "bg.removed")


def test_lab_qmp_scripts(out):
    """What scripts ask of QEMU's socket and its monitor for people, of a machine with a CD and a display."""
    ended(out, "life")
    lines = [json.loads(line) for line in read(out, "bg.qmp").splitlines()]
    answers = {(l["asked"].get("arguments") or {}).get("command-line", l["asked"]["execute"]): l["answer"]
               for l in lines}
    devices = answers["query-pci"]["return"][0]["devices"]
    ids = {(d["slot"], d["function"]): (d["id"]["vendor"], d["id"]["device"]) for d in devices}
    assert ids[0, 0] == (0x8086, 0x29c0) and ids[31, 2] == (0x8086, 0x2922)
    ahci = next(d for d in devices if (d["slot"], d["function"]) == (31, 2))
    assert all(r["address"] % r["size"] == 0 for r in ahci["regions"] if r["address"] >= 0)
    assert "PCI device 8086:2922" in answers["info pci"]["return"]
    assert "cd0: /tmp/bg.iso (raw, read-only)" in answers["info block"]["return"]
    drive, = answers["query-block"]["return"]
    assert drive["device"] == "cd0" and drive["tray_open"]
    assert "tenon screenshot" in answers["screendump"]["error"]["desc"]
    assert len(answers["query-qmp-schema"]["return"]) > 50
    assert answers["system_wakeup"]["error"]["class"] == "GenericError"
    assert answers["system_powerdown"] == {"return": ""}
    assert (out / "bg.png").read_bytes().startswith(b"\x89PNG\r\n")


def test_lab_systemd_machines(out):
    """systemd starts two machines at boot by tenon@.service, knows that their guests run, and stops them
    at its shutdown; one that cannot start is told as failed."""
    ended(out, "systemd")
    assert read(out, "systemd.active").split() == ["active", "active"]
    listed = {m["name"]: m for m in json.loads(read(out, "systemd.ps"))["machines"]}
    assert [listed[n]["state"] for n in ("boot1", "boot2")] == ["running", "running"]
    show = dict(line.split("=", 1) for line in read(out, "systemd.show").splitlines())
    assert (show["Type"], show["StatusText"], show["Slice"]) == ("notify", "The guest runs.", "machine.slice")
    assert int(show["ExecMainPID"]) > 1
    assert "The guest is paused." in read(out, "systemd.paused")
    assert read(out, "systemd.broken").splitlines()[-1] == "1"
    # SeaBIOS ignores its power button: both came to the end of their grace, and were not killed.
    assert read(out, "systemd.boot1").splitlines() == ["signal killed KILL", "success exited 143"]
    assert read(out, "boot2.stopped") == "success exited 143\n"
    assert "boot1" in read(out, "systemd.after") and "running" not in read(out, "systemd.after")


def test_lab_systemd_managed(out):
    """A device with managed=on is VFIO's while its machine runs, and its driver's otherwise, also after
    the process that would have given it back was killed."""
    ended(out, "systemd")
    assert read(out, "systemd.spare").splitlines() == [
        "while it runs: vfio-pci", "after the kill: snd_hda_intel", "again: vfio-pci",
        "at the end: snd_hda_intel"]


def test_lab_qmp_socket(out):
    """A script's conversation by the socket."""
    ended(out, "life")
    lines = [json.loads(line) for line in read(out, "life.qmp").splitlines()]
    assert lines[0]["QMP"]["version"]["package"].startswith("tenon ")
    answers = {line["id"]: line for line in lines if "id" in line}
    assert {"name": "system_powerdown"} in answers["query-commands"]["return"]
    threads = {cpu["thread-id"] for cpu in answers["query-cpus-fast"]["return"]}
    assert threads == set(json.loads(read(out, "life.paused"))["threads"]) and len(threads) == 2
    assert answers["migrate"]["error"]["class"] == "CommandNotFound"
    events = [line for line in lines if "event" in line]
    assert [e["event"] for e in events] == ["STOP", "RESUME", "RESET", "POWERDOWN"]
    assert events[2]["data"] == {"guest": False, "reason": "host-qmp-system-reset"}
    times = [e["timestamp"]["seconds"] + e["timestamp"]["microseconds"] / 1e6 for e in events]
    assert times == sorted(times)
