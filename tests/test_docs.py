# SPDX-License-Identifier: GPL-2.0-or-later
"""What the documents and manual pages say, as far as a program can check it: links, examples,
options, messages and the names of tests."""
import fnmatch
import functools
import json
import re
import shlex
import subprocess

import pytest

from builds import ROOT, built, run, tenon, unit_tests
from hosttree import GPU, IGPU, Tree


@functools.cache
def tracked(*patterns):
    out = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns)
    return [ROOT / name for name in out.splitlines() if (ROOT / name).is_file()]


def documents():
    return tracked("*.md")


def manuals():
    return tracked("man/*")


def name(path):
    return str(path.relative_to(ROOT))


def text_of(manual):
    """A manual page without its escapes: what a reader copies from it."""
    text = manual.read_text().replace("\\e", "\\").replace("\\-", "-")
    return re.sub(r"\\f[RBIP]", "", text)


@functools.cache
def help_of(*command):
    done = subprocess.run([tenon(), *command, "--help"], text=True, capture_output=True,
                          check=False)
    assert done.returncode == 0, (command, done.stderr)
    return done.stdout


@functools.cache
def commands():
    names = re.findall(r"(?m)^  ([a-z]+) ", help_of())
    assert len(names) > 10
    return names


def options_of(command):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", help_of(command)))


# Links

def anchor(heading):
    """The anchor that GitHub makes of a heading."""
    heading = re.sub(r"\[(.*?)\]\(.*?\)", r"\1", heading.strip()).lower()
    return re.sub(r"[^\w\- ]", "", heading).replace(" ", "-")


def anchors(path):
    return {anchor(h) for h in re.findall(r"(?m)^#+ (.*)$", path.read_text())}


def test_docs_links():
    """Each relative link leads to a file, and each anchor to a heading there."""
    bad, found = [], 0
    for path in documents():
        for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text()):
            if re.match(r"[a-z]+:", target):
                continue
            found += 1
            file, _, heading = target.partition("#")
            to = (path.parent / file).resolve() if file else path
            if not to.exists() or (heading and heading not in anchors(to)):
                bad.append(f"{name(path)}: {target}")
    assert found > 100
    assert not bad, "\n".join(bad)


def test_docs_index():
    """The index links to every page in docs/user and docs/design."""
    index = (ROOT / "docs/README.md").read_text()
    pages = [p for p in documents() if name(p).startswith("docs/") and p.name != "README.md"]
    assert len(pages) > 15
    assert not [name(p) for p in pages if f"({name(p).removeprefix('docs/')}" not in index]


# Examples

def blocks(path):
    """The indented blocks of a document, or the unfilled ones of a manual page."""
    if path.suffix == ".md":
        found, lines = [], []
        for line in path.read_text().splitlines() + ["end"]:
            if re.match(r"    |\t", line):
                lines.append(line)
            elif line.strip() or not lines:
                found += ["\n".join(lines)] if lines else []
                lines = []
            else:
                lines.append("")
        return found
    return [b.replace(".RS\n", "").replace("\n.RE", "")
            for b in re.findall(r"(?ms)^\.nf\n(.*?)\n\.fi", text_of(path))]


def examples(path):
    """Each complete tenon command in them, as words."""
    found = []
    for block in blocks(path):
        for line in block.replace("\\\n", " ").splitlines():
            line = re.sub(r"\s# .*|^# .*", "", line.strip())
            for part in re.split(r"\s[|>]\s|&&|\|\|", line):
                words = shlex.split(part, comments=True) if "tenon" in part else []
                words = words[1:] if words[:1] == ["sudo"] else words
                if words and words[0].rsplit("/", 1)[-1] == "tenon":
                    found.append([w for w in words[1:] if w not in (">", "&")])
    return found


def all_examples():
    found = [(name(path), words) for path in documents() + manuals() for words in examples(path)]
    # Shell variables, as in commands for the lab, have no value here.
    return [(where, [w.replace("$card", "01:00.0") for w in words]) for where, words in found]


def test_docs_commands():
    """Each command in an example exists and has each of the options."""
    bad, found = [], all_examples()
    assert len(found) > 60
    for where, words in found:
        if words[0] in ("help", "--version"):
            continue
        if words[0] not in commands():
            bad.append(f"{where}: tenon {' '.join(words)}: no such command")
            continue
        given = {w.partition("=")[0] for w in words if w.startswith("--")}
        bad += [f"{where}: tenon {' '.join(words)}: {option}"
                for option in sorted(given - options_of(words[0]))]
    assert not bad, "\n".join(bad)


def test_docs_words():
    """Each command and option in running text exists in the program."""
    known = set().union(*(options_of(c) for c in commands())) | {"--version", "--help"}
    bad = []
    for path in [ROOT / "README.md", *tracked("docs/user/*.md")]:
        for code in re.findall(r"`(tenon [^`]+)`", path.read_text()):
            words = code.split()
            if re.fullmatch(r"[a-z]+", words[1]) and words[1] not in [*commands(), "help"]:
                bad.append(f"{name(path)}: {code}")
            bad += [f"{name(path)}: {code}: {o}" for o in re.findall(r"--[a-z][a-z-]+", code)
                    if o not in known]
    assert not bad, "\n".join(bad)


def print_config(words, directory):
    return subprocess.run([tenon(), "run", *words, "--print-config"], cwd=directory, text=True,
                          capture_output=True, check=False, stdin=subprocess.DEVNULL)


def same_again(printed, directory):
    """A machine file says the same when it is read back."""
    (directory / "again.conf").write_text(printed)
    assert print_config(["again.conf"], directory).stdout == printed


def test_docs_run_examples(tmp_path):
    """Each example of tenon run passes the option parser; what it prints, read back, is the same."""
    (tmp_path / "vm.conf").write_text("memory: 1G\n")
    (tmp_path / "desk.conf").write_text("memory: 1G\n")
    bad, found = [], [(where, words) for where, words in all_examples() if words[0] == "run"]
    assert len(found) > 40
    for where, words in found:
        words = [re.sub("/etc/tenon[-/].*conf", "desk.conf", w) for w in words[1:]
                 if w != "--print-config"]
        done = print_config(words, tmp_path)
        if done.returncode or not done.stdout:
            bad.append(f"{where}: tenon run {' '.join(words)}: {done.stderr}")
        else:
            same_again(done.stdout, tmp_path)
    assert not bad, "\n".join(bad)


def machine_files():
    """Blocks that are mappings, most of whose keys are names of options."""
    names = {o.removeprefix("--") for o in options_of("run")}
    return [(name(path), block) for path in documents() + manuals() for block in blocks(path)
            if (found := re.findall(r"(?m)^\s*([a-z-]+): ?", block))
            and 2 * len(names.intersection(found)) > len(found)]


def test_docs_machine_files(tmp_path):
    """Each machine file can be read; if its kernel's root is on a disk, it has that disk."""
    found = machine_files()
    assert len(found) >= 2
    for where, block in found:
        (tmp_path / "vm.conf").write_text(block + "\n")
        done = print_config(["vm.conf"], tmp_path)
        assert done.returncode == 0, (where, done.stderr)
        same_again(done.stdout, tmp_path)
        assert "root=/dev/vd" not in block or re.search(r"(?m)^\s*disk:", block), where


# Options of the manual pages

def test_docs_man_run():
    """tenon-run(1) has each option of the program and no other, in the synopsis and the list."""
    text = text_of(ROOT / "man/tenon-run.1")
    synopsis = text[text.index(".SH SYNOPSIS"):text.index(".SH DESCRIPTION")]
    listed = re.findall(r"(?m)^\.TP\n(.*)$", text[text.index(".SH OPTIONS"):])
    listed = {o for line in listed for o in re.findall(r"(?<![\w-])--[a-z][a-z-]+", line)}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", synopsis)) == options_of("run")
    assert listed == options_of("run")


# Option -> the words by which its help names suboptions.
WITH_SUBOPTIONS = ["cpus", "hyperv", "smbios", "device", "disk", "net", "share", "display"]


def rows():
    """Option of tenon run -> its part of the help."""
    parts = re.split(r"(?m)^  (?:-\w, )?--([a-z-]+)", help_of("run"))
    return dict(zip(parts[1::2], parts[2::2]))


@pytest.mark.parametrize("option", WITH_SUBOPTIONS)
def test_docs_man_suboptions(option):
    """Each suboption that the help names is in the manual page's part of that option."""
    text = text_of(ROOT / "man/tenon-run.1")
    text = text[text.index(".SH OPTIONS"):]
    begin = re.search(rf"(?m)^\.TP\n.*--{option}\b", text)
    part = re.split(r"(?m)^\.TP\n.*--[a-z]", text[begin.end():], maxsplit=1)[0]
    part = begin[0] + text[begin.end():begin.end() + 200] + part
    named = set(re.findall(r"\b([a-z][a-z0-9-]*)=", rows()[option]))
    assert not [n for n in sorted(named) if f"{n}=" not in part], (option, part)


def test_docs_man_commands():
    """tenon(1) has a section for each command, and names no option that the command lacks."""
    text = text_of(ROOT / "man/tenon.1")
    parts = dict(zip(*[iter(re.split(r"(?m)^\.SS tenon ([a-z]+)", text)[1:])] * 2))
    assert sorted(parts) == sorted(commands())
    for command, part in parts.items():
        part = part.split("\n.SH")[0]
        told = re.findall(r"(?m)^\.TP\n(.*)$", part)
        told = {o for line in told for o in re.findall(r"(?<![\w-])--[a-z][a-z-]+", line)}
        assert told <= options_of(command), (command, told - options_of(command))


# Values for a second occurrence of an option, different from the first
REPEATED = {"device": ("01:00.0", "02:00.0"), "disk": ("a", "b"), "net": ("user", "tap=t"),
            "share": ("/a,tag=a", "/b,tag=b"), "cdrom": ("a", "b"),
            "input": ("/dev/input/a", "/dev/input/b"),
            "emulate": ("debug-exit=0x501", "debug-exit=0x600"), "memory": ("1G", "2G"), "cpus": ("1", "2"),
            "kernel": ("a", "b"), "serial": ("none", "stdio"), "grace": ("1", "2")}


def test_docs_man_repeated(tmp_path):
    """The manual page names the options that accumulate; of the others the last one counts."""
    text = text_of(ROOT / "man/tenon-run.1")
    adding = set()
    for option, (first, second) in REPEATED.items():
        both = print_config([f"--{option}", first, f"--{option}", second], tmp_path).stdout
        last = print_config([f"--{option}", second], tmp_path).stdout
        assert both and last, option
        if both != last:
            adding.add(option)
    line = next(line for line in text.splitlines() if line.startswith(".BR --device \", \""))
    assert adding == set(re.findall(r"--([a-z]+)", line))


# Claims of single pages

def test_docs_json(tmp_path):
    """Every command takes --json, except those that the page names; boot_vga may be null."""
    text = (ROOT / "docs/user/json.md").read_text()
    without = [c for c in commands() if "--json" not in options_of(c)]
    said = re.search(r"Every command takes `--json`, except (.*?)\.", text)[1]
    assert set(re.findall(r"`(\w+)`", said)) == set(without)
    listing = tmp_path / "lspci.txt"
    listing.write_text("01:00.0 VGA compatible controller [0300]: NVIDIA Corporation GA102 "
                       "[10de:2204] (rev a1)\n\tFlags: bus master, fast devsel\n")
    done = subprocess.run([tenon(), "list", "--json", "--lspci", listing], text=True,
                          capture_output=True, check=False)
    assert json.loads(done.stdout)["devices"][0]["boot_vga"] is None, done.stderr
    assert "true, false; null" in re.search(r"(?m)^\| `boot_vga` \|(.*)$", text)[1]


# What tenon-run(1) allows as a machine's name, and what it does not.
NAMES = {"a": True, "7": True, "aZ09_-+.": True, "a" * 64: True, "a" * 65: False, "_a": False,
         "-a": False, ".a": False, "+a": False, "a/b": False, "a b": False, "\u00e4": False}


@pytest.mark.parametrize("machine", NAMES)
def test_docs_names(machine):
    """A machine's name has the letters that the pages say."""
    done = subprocess.run([tenon(), "run", f"--name={machine}", "--print-config"], text=True,
                          capture_output=True, check=False, stdin=subprocess.DEVNULL, timeout=30)
    assert done.returncode == (0 if NAMES[machine] else 2), done.stderr
    for page in "man/tenon-run.1", "docs/user/firmware.md":
        text = " ".join((ROOT / page).read_text().replace("\\", "").replace("`", "").split())
        assert re.search(r"begins with a letter or a digit[.;] [Ll]etters, digits and (the "
                         r"characters )?_ - [+] [.] may follow[;,] (it|and it) has at most 64", text)


def overriding():
    """Code -> whether --force overrides it, by docs/user/bind.md."""
    text = (ROOT / "docs/user/bind.md").read_text()
    table = re.findall(r"(?m)^\| `([a-z-]+)` \| [^|]* \| (overrides|no) \|$", text)
    assert len(table) > 10
    return {code: word == "overrides" for code, word in table}


def test_docs_force(tmp_path):
    """What --force overrides is what the page says: checked by plans of a fake host, and in the
    source for what that host does not have."""
    said = overriding()
    tree = Tree(tmp_path / "host")
    tree.bind(IGPU, "i915")
    seen = {}
    for device in (IGPU, GPU, "00:1f.7"):
        done = subprocess.run([tenon(), "plan", "--json", "--sysroot", "host", device],
                              cwd=tmp_path, text=True, capture_output=True, check=False)
        if done.stdout:
            seen |= {o["code"]: o["forceable"] for o in json.loads(done.stdout)["objections"]}
    assert "boot-vga" in seen
    for source in tracked("src/host/plan/*.c"):
        text = source.read_text()
        for code, word in re.findall(r"object\(o, PLAN_([A-Z_]+), (true|false)", text):
            seen[code.lower().replace("_", "-")] = word == "true"
        for code, rest in re.findall(r"plan_objection\)\{\s*\.kind = PLAN_([A-Z_]+),(.*?)\}\);", text,
                                     re.S):
            seen[code.lower().replace("_", "-")] = ".forceable = true" in rest
    assert said == {code: seen.get(code) for code in said}
    assert not set(seen) - set(said)


def test_docs_verdicts():
    """The page lists the verdicts of tenon list."""
    told = help_of("list").split("Verdicts:")[1].split("\n\n")[0]
    told = set(re.findall(r"(?:^|[,\s])([a-z]+(?:-[a-z]+)*) \(", " ".join(told.split())))
    page = (ROOT / "docs/user/groups.md").read_text().split("## Verdicts of")[1]
    assert set(re.findall(r"(?m)^\| `([a-z-]+)` \|", page)) == told


def test_docs_messages():
    """The messages in the table of run-time dependencies are the program's."""
    program = tenon().read_bytes()
    page = (ROOT / "docs/user/install.md").read_text().split("## Rights")[0]
    table = re.findall(r"(?m)^\| .* \| .* \| (.*) \|$", page)
    messages = [m for cell in table for m in re.findall(r"`([^`]+)`", cell)]
    assert len(messages) > 12
    # Values that the program inserts: a kind, a format, a device, a file's name, a library's.
    holes = (r"UEFI|BIOS|qcow2|libslirp\.so\.0|libvncserver\.so\.1|libevdev\.so\.2|libpipewire-0\.3\.so\.0|"
             r"libusb-1\.0\.so\.0|libsystemd\.so\.0|libasound\.so\.2|/dev/kvm|/dev/vfio/vfio")
    bad = [(m, piece) for m in messages for piece in re.split(holes, m)
           if piece.strip() and piece.strip().encode() not in program]
    assert not bad, bad


def test_docs_packages():
    """The tools or the program name each package of that table."""
    page = (ROOT / "docs/user/install.md").read_text()
    table = re.findall(r"(?m)^\| `([a-z0-9.-]+)`[^|]* \| ", page.split("And from the kernel")[0])
    known = (ROOT / "tools/packages").read_text() + tenon().read_bytes().decode("latin-1")
    assert len(table) > 8
    assert not [p for p in table if p not in known]


@pytest.mark.parametrize("page, least", [("proofs", 80), ("windows", 15)])
def test_docs_proofs(page, least):
    """Each test that the page names exists."""
    text = (ROOT / f"docs/design/{page}.md").read_text()
    named = set(re.findall(r"`((?:[a-z]+-)+[a-z0-9-]+\*?|fuzz)`", text))
    tests = set(unit_tests("build-gcc")) | {"tsan-" + n for n in unit_tests("build-gcc")}
    for path in tracked("tests/*.py"):
        tests |= {t.replace("_", "-") for t in re.findall(r"def test_(\w+)", path.read_text())}
    assert len(named) > least
    assert not [n for n in sorted(named) if not fnmatch.filter(tests, n)]


# Pages that name files of the source, most of them without their directory.
WITH_FILES = ["docs/design/architecture.md", "docs/design/dma.md", "CONTRIBUTING.md"]


@pytest.mark.parametrize("page", WITH_FILES)
def test_docs_files(page):
    """Each directory and file of the source that the page names exists, below src or at the path
    given."""
    text = (ROOT / page).read_text()
    named = set(re.findall(r"`((?:[a-z0-9_]+/)*[a-z0-9_]+\.(?:[ch]|py|sh|build))`", text))
    named |= set(re.findall(r"`((?:src/)?(?:base|kernel|pci|host|vm|cmd|tests)/[\w/.]+?)/?`", text))
    named = {n for n in named if "NAME" not in n}
    assert len(named) >= 5
    files = {name(p) for p in tracked("src", "tests", "bench", "lab")}
    places = files | {f"{d}/" for f in files for d in [f.rsplit("/", 1)[0]]}
    # A module may be named without its extension.
    bad = [n for n in sorted(named)
           if not any(f"/{p}".endswith((f"/{n}", f"/{n}.h", f"/{n}/")) or f"/{n}/" in f"/{p}"
                      for p in places)]
    assert not bad, bad


def test_docs_directories():
    """A directory is not called a folder; formats keep the word."""
    bad = []
    for path in documents() + manuals():
        text = re.sub(r"`[^`\n]*`", "", path.read_text())
        bad += [name(path)] if re.search(r"(?i)\bfolder", text) else []
    assert not bad, bad


def test_docs_installed(tmp_path):
    """The documents and manual pages are installed, where the manual page says."""
    run("meson", "install", "--no-rebuild", "--destdir", tmp_path, "-C", built("build-gcc"))
    prefix = tmp_path / "usr/local"
    place = re.search(r"(?m)^\.I (/usr/local/share/doc/\S+)$",
                      (ROOT / "man/tenon.1").read_text())[1]
    assert place == "/usr/local/share/doc/tenon"
    for page in tracked("docs/*.md"):
        assert (prefix / "share/doc/tenon" / page.relative_to(ROOT / "docs")).is_file(), page
    for page in manuals():
        section = page.suffix.removeprefix(".")
        assert (prefix / f"share/man/man{section}" / page.name).is_file(), page
    program = (prefix / "bin/tenon").read_bytes()
    assert len(program) < len(tenon().read_bytes()) and b".debug_info" not in program
