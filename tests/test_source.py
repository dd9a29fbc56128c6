# SPDX-License-Identifier: GPL-2.0-or-later
"""Checks of the tree itself: layering, headers, licences, format, spelling, sizes."""
import ast
import re
import subprocess

import pytest

from builds import ROOT, run

# Component -> the components that it may include besides itself and base/. A component is a
# directory below src/ with all below it, or a header. `host` and `vm` never include each other:
# cmd/ passes plain data between them. The order is the direction: a component includes only those
# above it.
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
    "vm/logind": [],
    "vm/net": ["kernel"],
    "vm/block": ["kernel"],
    "vm/ahci": ["vm/block", "vm/pci", "vm/bus", "vm/mem", "vm/irq"],
    "vm/usb": ["vm/block", "vm/dev"],
    "vm/xhci": ["vm/usb", "vm/pci", "vm/bus", "vm/mem", "vm/irq"],
    "vm/nvme": ["vm/block", "vm/pci", "vm/bus", "vm/mem", "vm/irq"],
    "vm/hda": ["vm/pci", "vm/bus", "vm/mem", "vm/irq"],
    "vm/sound": ["kernel"],
    "vm/virtio": ["vm/block", "vm/pci", "vm/bus", "vm/mem", "vm/irq", "vm/net", "kernel"],
    "vm/input": ["vm/dev", "kernel"],
    "vm/display": ["vm/dev", "vm/pci", "vm/bus", "vm/mem", "vm/irq", "kernel"],
    "vm/tpm": ["kernel"],
    "vm/boot": ["vm/mem", "vm/vcpu", "kernel"],
    "vm/board": ["vm/boot", "vm/dev", "vm/pci", "vm/vcpu", "vm/bus", "vm/mem", "vm/irq"],
    "vm/sandbox": ["kernel"],
    "vm/control": ["vm/block", "vm/display", "vm/vcpu", "vm/dev", "vm/pci", "pci"],
    "vm/machine_config.h": ["vm/sandbox", "vm/ahci", "vm/display", "vm/input", "vm/sound", "vm/virtio",
                            "vm/net", "vm/boot", "vm/vfio", "vm/vcpu", "vm/mem"],
    "vm/devices": ["vm/machine_config.h", "vm/board", "vm/ahci", "vm/nvme", "vm/block",
                   "vm/tpm", "vm/usb", "vm/xhci", "vm/display", "vm/input", "vm/hda",
                   "vm/sound", "vm/virtio", "vm/net", "vm/vfio",
                   "vm/dev", "vm/boot", "vm/vcpu",
                   "vm/pci", "vm/bus", "vm/mem", "vm/irq", "pci", "kernel"],
    "vm/launch": ["vm/machine_config.h", "vm/devices", "vm/board", "vm/boot", "vm/dev", "vm/vcpu",
                  "vm/pci", "vm/bus", "vm/mem", "vm/irq", "pci", "kernel"],
    "vm": ["vm/*", "kernel", "pci"],
    "cmd/ui": ["pci"],
    "cmd/cmd.h": ["cmd/ui"],
    "cmd/source": ["cmd/ui", "cmd/cmd.h", "host/*", "pci", "kernel"],
    "cmd/explain": ["cmd/source", "cmd/ui", "cmd/cmd.h", "host/*", "pci"],
    "cmd/list": ["cmd/source", "cmd/ui", "cmd/cmd.h", "host/*", "pci"],
    "cmd/vga": ["cmd/source", "cmd/ui", "cmd/cmd.h", "host/*", "pci", "kernel"],
    "cmd/rom": ["cmd/source", "cmd/ui", "cmd/cmd.h", "pci", "kernel"],
    "cmd/plan": ["cmd/source", "cmd/ui", "cmd/cmd.h", "host/*", "pci"],
    "cmd/check": ["cmd/plan", "cmd/source", "cmd/ui", "cmd/cmd.h", "host/*", "pci"],
    "cmd/change": ["cmd/plan", "cmd/source", "cmd/ui", "cmd/cmd.h", "host/*", "pci", "kernel"],
    "cmd/export": ["cmd/plan", "cmd/source", "cmd/ui", "cmd/cmd.h", "host/*", "pci"],
    "cmd/disk": ["cmd/ui", "cmd/cmd.h", "vm/block", "vm/virtio", "kernel"],
    "cmd/trace": ["cmd/ui", "cmd/cmd.h", "pci"],
    "cmd/take": ["cmd/change", "cmd/plan", "cmd/source", "cmd/ui", "cmd/cmd.h", "host/*", "pci",
                 "kernel"],
    "cmd/run": ["cmd/take", "cmd/change", "cmd/ui", "cmd/cmd.h", "host/facts", "vm", "vm/*", "pci", "kernel"],
    "cmd/machines": ["cmd/run", "cmd/ui", "cmd/cmd.h", "vm/control", "vm/dev", "vm/boot", "vm/machine_config.h",
                     "pci", "kernel"],
    "cmd/stats": ["cmd/machines", "cmd/ui", "cmd/cmd.h", "kernel"],
    "cmd/new": ["cmd/machines", "cmd/run", "cmd/disk", "cmd/source", "cmd/ui", "cmd/cmd.h", "host/*",
                "vm/machine_config.h", "vm/boot", "pci", "kernel"],
    "cmd/complete": ["cmd/machines", "cmd/source", "cmd/ui", "cmd/cmd.h", "host/*", "vm/boot", "pci", "kernel"],
    "cmd": ["cmd/*", "host/*", "pci", "kernel"],
}


def tracked(*patterns):
    out = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns)
    return [ROOT / p for p in out.splitlines() if (ROOT / p).is_file()]


def room(path):
    """The entry of MAY_INCLUDE that a path below src/ belongs to: the longest that matches."""
    while path not in MAY_INCLUDE and "/" in path:
        path = path.rsplit("/", 1)[0]
    return path


def test_check_layering():
    """The table has no back edge: a component may include only those above it."""
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
    """Each header compiles alone, with the flags of the library that it names."""
    pipewire = run("pkg-config", "--cflags", "libpipewire-0.3").split()
    for path in tracked("src/*.h"):
        flags = pipewire if "<pipewire/" in path.read_text() else []
        run("gcc", "-std=gnu11", "-D_GNU_SOURCE", "-fsyntax-only", "-Wall", "-Werror", "-Isrc",
            *flags, "-x", "c", "-include", str(path), "/dev/null")


def test_check_licences():
    """Each source file names its licence in its first lines."""
    missing = [str(p.relative_to(ROOT))
               for p in tracked("src", "lab", "tests", "tools", "Makefile", "meson.build", ".ci")
               if p.suffix in {".c", ".h", ".py", ".sh", ".build", ".asl", ""}
               and "SPDX-License-Identifier" not in p.read_text(errors="replace")[:300]]
    assert not missing, "\n".join(missing)


def test_check_merged():
    """No file has conflict markers of an unfinished merge."""
    bad = [str(p.relative_to(ROOT)) for p in tracked() if re.search(
        rb"^(<{7}|>{7}) \S", p.read_bytes(), re.M)]
    assert not bad, "\n".join(bad)


C_FILES = ["*.c", "*.h"]
# The most lines of a file, and of a function.
FILE_LINES, FUNCTION_LINES = 600, 80
# The version of clang-format that the tree is formatted with; others break some lines differently.
FORMAT_VERSION = 14


def clang_format():
    """The program of that version; None if it is not installed."""
    for name in (f"clang-format-{FORMAT_VERSION}", "clang-format"):
        try:
            said = subprocess.run([name, "--version"], check=True, text=True, capture_output=True)
        except FileNotFoundError:
            continue
        if re.search(rf"version {FORMAT_VERSION}\.", said.stdout):
            return name
    return None


def test_check_format():
    """C files are as clang-format leaves them."""
    program = clang_format()
    if not program:
        pytest.skip(f"there is no clang-format {FORMAT_VERSION}, by which the tree is formatted")
    run(program, "--dry-run", "-Werror", *tracked(*C_FILES))


def test_check_columns():
    """No line of C is longer than 100 columns, strings and macros included, or ends in spaces."""
    bad = [f"{p.relative_to(ROOT)}:{n}"
           for p in tracked(*C_FILES)
           for n, text in enumerate(p.read_text().splitlines(), 1)
           if len(text.expandtabs(8)) > 100 or text != text.rstrip() or text.startswith("    ")]
    assert not bad, "\n".join(bad)


def test_check_spelling():
    """Codespell finds no mistake; tests/spelling.txt lists correct words that it would report."""
    run("codespell", "--ignore-words", ROOT / "tests/spelling.txt",
        *tracked(":!COPYING", ":!tests/spelling.txt"))


def c_functions(text):
    """(line, name, lines) of each function, from its first line to its closing brace. In formatted
    source a line that is `{` alone begins a function's body, and one that is `}` alone ends it."""
    lines = text.splitlines()
    for at, line in enumerate(lines):
        end = next((n for n in range(at, len(lines)) if lines[n].startswith("}")), len(lines))
        if line != "{" or end == len(lines) or lines[end] != "}":
            continue
        start = at
        while start and lines[start - 1] and lines[start - 1][-1] not in ";}/" \
                and not lines[start - 1].startswith("#"):
            start -= 1
        named = re.search(r"(\w+)\(", " ".join(lines[start:at]))
        yield start + 1, named[1] if named else "?", end - start + 1


def shell_functions(text):
    """The same of a shell script: `name() {` to the next line that is `}` alone."""
    lines = text.splitlines()
    for at, line in enumerate(lines):
        named = re.fullmatch(r"(\w+)\(\) \{", line)
        if named:
            yield at + 1, named[1], lines.index("}", at) - at + 1


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.name, node.end_lineno - node.lineno + 1


FUNCTIONS = {"c": c_functions, "h": c_functions, "sh": shell_functions, "py": python_functions}


def language(path, text):
    """A key of FUNCTIONS, or another word."""
    if path.suffix:
        return path.suffix[1:]
    first = text.partition("\n")[0]
    return "py" if "python" in first else "sh" if first.startswith("#!") else ""


def too_long(name, text, kind):
    """What is too long in a file, one line each."""
    found = []
    if len(text.splitlines()) > FILE_LINES:
        found.append(f"{name}: {len(text.splitlines())} lines, more than {FILE_LINES}")
    if kind in FUNCTIONS:
        found += [f"{name}:{line}: {function}() has {lines} lines, more than {FUNCTION_LINES}"
                  for line, function, lines in FUNCTIONS[kind](text) if lines > FUNCTION_LINES]
    return found


def test_check_measures():
    """The code that measures the source finds a function and its length in each language."""
    assert list(c_functions("/* A. */\nstatic int\nlong_name(int a,\n\tint b)\n{\n\tif (a) {\n"
                            "\t}\n}\n\nstruct s\n{\n\tint a;\n};\n")) == [(2, "long_name", 7)]
    assert list(shell_functions("one() { :; }\ntwo() {\n\t:\n}\n")) == [(2, "two", 3)]
    assert list(python_functions("def one():\n    pass\n\n\nx = 1\n")) == [(1, "one", 2)]
    body = "void f(void)\n{\n" + "\tg();\n" * (FUNCTION_LINES - 3) + "}\n"
    assert too_long("f.c", body, "c") == []
    body = body.replace("}", "\tg();\n}")
    assert too_long("f.c", body, "c") == ["f.c:1: f() has 81 lines, more than 80"]
    assert len(too_long("g.c", "\n" * 601, "c")) == 1


def test_check_sizes():
    """No file is longer than 600 lines, and no function longer than 80."""
    bad = []
    for path in tracked("src", "lab", "tests", "bench", "demo", "tools"):
        text = path.read_text(errors="replace")
        kind = language(path, text)
        if kind in FUNCTIONS:
            bad += too_long(path.relative_to(ROOT), text, kind)
    assert not bad, "\n".join(bad)


def test_check_build_files():
    """Each directory of source has a meson.build of its own, which lists what is in it."""
    directories = {p.parent for p in tracked("src/*.c")}
    bad = [f"{d.relative_to(ROOT)} has no meson.build" for d in sorted(directories)
           if not (d / "meson.build").is_file()]
    bad += [f"{p.relative_to(ROOT)} is not in its directory's meson.build"
            for p in tracked("src/*.c") if (p.parent / "meson.build").is_file()
            and f"'{p.name}'" not in (p.parent / "meson.build").read_text()]
    assert not bad, "\n".join(bad)
