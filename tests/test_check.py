# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks of the tree itself: layering, headers, licences."""
import re

from builds import ROOT, run

# Room -> the rooms that it may include besides itself and base/. A room is a directory below src/
# with what is below it, or a header. `host` and `vm` never meet: cmd/ hands plain data from one to
# the other. The order is the direction: a room includes only rooms above it.
MAY_INCLUDE = {
    "base": [],
    "kernel": [],
    "pci": [],
    "host/facts": ["pci"],
    "host/groups": ["host/facts", "pci"],
    "host/scan": ["host/facts", "pci", "kernel"],
    "host/plan": ["host/groups", "host/facts", "pci"],
    "host/check": ["host/plan", "host/groups", "host/facts", "pci"],
    "host/act": ["host/plan", "host/groups", "host/facts", "pci", "kernel"],
    "vm/bus": [],
    "vm/mem": ["vm/bus", "kernel"],
    "vm/irq": ["kernel"],
    "vm/vcpu": ["vm/bus", "kernel"],
    "vm/pci": ["vm/bus", "vm/mem", "vm/irq", "pci"],
    "vm/dev": ["vm/bus", "vm/mem", "vm/irq", "vm/pci"],
    "vm/vfio": ["vm/pci", "vm/bus", "vm/mem", "vm/irq", "pci", "kernel"],
    "vm/net": ["kernel"],
    "vm/block": ["kernel"],
    "vm/ahci": ["vm/block", "vm/pci", "vm/bus", "vm/mem", "vm/irq"],
    "vm/nvme": ["vm/block", "vm/pci", "vm/bus", "vm/mem", "vm/irq"],
    "vm/virtio": ["vm/block", "vm/pci", "vm/bus", "vm/mem", "vm/irq", "vm/net", "kernel"],
    "vm/display": ["vm/dev", "vm/pci", "vm/bus", "vm/mem", "vm/irq"],
    "vm/boot": ["vm/mem", "vm/vcpu", "kernel"],
    "vm/board": ["vm/boot", "vm/dev", "vm/pci", "vm/vcpu", "vm/bus", "vm/mem", "vm/irq"],
    "vm/devices": ["vm/display", "vm/virtio", "vm/ahci", "vm/nvme", "vm/block", "vm/net", "vm/vfio", "vm/dev", "vm/boot", "vm/pci",
                   "vm/bus", "vm/mem", "vm/irq", "pci", "kernel"],
    "vm/machine_config.h": ["vm/devices", "vm/boot", "vm/vfio", "vm/vcpu", "vm/mem"],
    "vm/launch": ["vm/machine_config.h", "vm/devices", "vm/board", "vm/boot", "vm/dev", "vm/vcpu",
                  "vm/pci", "vm/bus", "vm/mem", "vm/irq", "pci", "kernel"],
    "vm": ["vm/*", "kernel", "pci"],
    "cmd/cmd.h": [],
    "cmd/ui": ["cmd/cmd.h", "pci"],
    "cmd/source": ["cmd/ui", "cmd/cmd.h", "host/*", "pci", "kernel"],
    "cmd/explain": ["cmd/source", "cmd/ui", "cmd/cmd.h", "host/*", "pci"],
    "cmd/list": ["cmd/source", "cmd/ui", "cmd/cmd.h", "host/*", "pci"],
    "cmd/vga": ["cmd/source", "cmd/ui", "cmd/cmd.h", "host/*", "pci", "kernel"],
    "cmd/rom": ["cmd/source", "cmd/ui", "cmd/cmd.h", "pci", "kernel"],
    "cmd/plan": ["cmd/source", "cmd/ui", "cmd/cmd.h", "host/*", "pci"],
    "cmd/check": ["cmd/plan", "cmd/source", "cmd/ui", "cmd/cmd.h", "host/*", "pci"],
    "cmd/change": ["cmd/plan", "cmd/source", "cmd/ui", "cmd/cmd.h", "host/*", "pci", "kernel"],
    "cmd/export": ["cmd/plan", "cmd/source", "cmd/ui", "cmd/cmd.h", "host/*", "pci"],
    "cmd/stats": ["cmd/ui", "cmd/cmd.h", "kernel"],
    "cmd/trace": ["cmd/ui", "cmd/cmd.h", "pci"],
    "cmd/run": ["cmd/change", "cmd/ui", "cmd/cmd.h", "host/facts", "vm", "vm/*", "pci", "kernel"],
    "cmd": ["cmd/*", "host/*", "pci", "kernel"],
}


def tracked(*patterns):
    out = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns)
    return [ROOT / p for p in out.splitlines() if (ROOT / p).is_file()]


def room(path):
    """The entry of MAY_INCLUDE that a path below src/ belongs to: the longest that fits."""
    while path not in MAY_INCLUDE and "/" in path:
        path = path.rsplit("/", 1)[0]
    return path


def test_check_layering():
    """The table has no back edge: a room may include only rooms that stand above it."""
    order = list(MAY_INCLUDE)
    for room_name, entries in MAY_INCLUDE.items():
        above = order[:order.index(room_name)]
        for entry in entries:
            assert entry in above or entry.endswith("/*") and any(
                a.startswith(entry[:-1]) for a in above), f"{room_name} -> {entry}"


def allowed(source, target):
    if target in (source, "base"):
        return True
    for entry in MAY_INCLUDE.get(source, []):
        if target == entry or (entry.endswith("/*") and target.startswith(entry[:-1])):
            return True
    return False


def test_check_includes():
    """Includes go only in the directions of the layering."""
    bad = []
    for path in tracked("src/*.c", "src/*.h"):
        name = str(path.relative_to(ROOT / "src"))
        assert room(name) in MAY_INCLUDE, f"src/{name}: its directory is not in the layering"
        for included in re.findall(r'^#include "(.*)"', path.read_text(), re.M):
            if "/" in included and not allowed(room(name), room(included)):
                bad.append(f"src/{name} includes {included}")
    assert not bad, "\n".join(bad)


def test_check_headers():
    """Each header compiles alone."""
    for path in tracked("src/*.h"):
        run("gcc", "-std=gnu11", "-D_GNU_SOURCE", "-fsyntax-only", "-Wall", "-Werror", "-Isrc",
            "-x", "c", "-include", str(path), "/dev/null")


def test_check_licences():
    """Each file of source says its licence in its first lines."""
    missing = [str(p.relative_to(ROOT))
               for p in tracked("src", "lab", "tests", "tools", "Makefile", "meson.build", ".ci")
               if p.suffix in {".c", ".h", ".py", ".sh", ".build", ".asl", ""}
               and "SPDX-License-Identifier" not in p.read_text(errors="replace")[:300]]
    assert not missing, "\n".join(missing)


def test_check_format():
    """C files are as clang-format leaves them: tabs and 100 columns at least."""
    bad = [f"{p.relative_to(ROOT)}:{n}"
           for p in tracked("src/*.c", "src/*.h", "tests/*.c", "tests/*.h")
           for n, text in enumerate(p.read_text().splitlines(), 1)
           if len(text.expandtabs(8)) > 100 or text != text.rstrip() or text.startswith("    ")]
    assert not bad, "\n".join(bad)
