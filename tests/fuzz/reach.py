# SPDX-License-Identifier: GPL-2.0-or-later
"""Which lines of src the inputs of the fuzz targets reach.

The aim is 85 % of the lines of each file that a guest or a file from elsewhere reaches. What neither
does is in the list `unreached`, with the reason: files, and functions of files. Its lines do not count.
Everything else does, also a file that no target calls.
"""
import fnmatch
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import campaign
from builds import ROOT, run

COVERED = "build-cov"
AIM = 85
LIST = pathlib.Path(__file__).parent / "unreached"


def rows():
    """(pattern of files, names of functions or None for the whole files, reason) of the list."""
    found = []
    for line in LIST.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        what, reason = re.split(r"  +", line, maxsplit=1)
        pattern, _, functions = what.partition(":")
        found.append((pattern, functions.split(",") if functions else None, reason))
    return found


def functions(path):
    """Name -> (first line, last line) of the functions of a file in kernel style."""
    found, head = {}, 0
    lines = (ROOT / path).read_text().splitlines()
    for number, line in enumerate(lines, 1):
        if line == "{":
            head = number
        elif line == "}" and head:
            start = head - 1
            while start > 1 and lines[start - 2] and not lines[start - 2].endswith(("}", "*/", ";")):
                start -= 1
            name = re.search(r"(\w+)\(", " ".join(lines[start - 1:head - 1]))
            if name:
                found[name[1]] = (start, number)
            head = 0
    return found


def unreached(path):
    """Whether the whole file is in the list, and the lines of it that are."""
    lines = set()
    for pattern, names, _ in rows():
        if not fnmatch.fnmatchcase(path, pattern):
            continue
        if names is None:
            return True, lines
        known = functions(path)
        for name in names:
            first, last = known[name]
            lines.update(range(first, last + 1))
    return False, lines


def tool(name):
    """A program of the LLVM that clang is of."""
    version = re.search(r"version (\d+)", run("clang", "--version"))[1]
    found = shutil.which(f"{name}-{version}") or shutil.which(name)
    assert found, f"{name} is missing; install the package llvm"
    return found


def profile(target, fuzzer, scratch):
    """Runs the target once on each of its inputs; returns the file of what they reached."""
    seeds = f"{scratch}/seeds-{target}"
    os.mkdir(seeds)
    to = f"{scratch}/{target}.profraw"
    run(fuzzer, "-runs=0", *campaign.LIMITS, *campaign.given(target, COVERED, seeds),
        env={**os.environ, "LLVM_PROFILE_FILE": to})
    return to


def reached(targets):
    """File of src -> {line: how often it was reached}, of the files that are in the targets."""
    programs = [campaign.program(COVERED, f"fuzz-{target}") for target in targets]
    with tempfile.TemporaryDirectory() as scratch:
        raw = [profile(target, fuzzer, scratch) for target, fuzzer in zip(targets, programs)]
        merged = f"{scratch}/all.profdata"
        run(tool("llvm-profdata"), "merge", "-sparse", "-o", merged, *raw)
        done = subprocess.run(
            [tool("llvm-cov"), "export", "-format=lcov", f"-instr-profile={merged}",
             programs[0], *(f"-object={other}" for other in programs[1:])],
            check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    files, lines = {}, None
    for record in done.stdout.decode(errors="replace").splitlines():
        kind, _, value = record.partition(":")
        if kind == "SF":
            path = os.path.relpath(os.path.join(ROOT / COVERED, value), ROOT)
            lines = files.setdefault(path, {}) if path.startswith("src/") else {}
        elif kind == "DA":
            number, count = map(int, value.split(",")[:2])
            lines[number] = max(count, lines.get(number, 0))
    return files


def counted(targets):
    """File -> (lines that are reached, lines), of those that count; and the number of other files."""
    files, result, others = reached(targets), {}, 0
    for source in sorted((ROOT / "src").rglob("*.c")):
        path = str(source.relative_to(ROOT))
        whole, apart = unreached(path)
        if whole:
            others += 1
            continue
        text = source.read_text().splitlines()
        lines = {number: count for number, count in files.get(path, {}).items()
                 if number not in apart and not text[number - 1].startswith("#")}
        if lines or path not in files:
            result[path] = (sum(count > 0 for count in lines.values()), len(lines))
    return result, others


def print_coverage(targets):
    files, others = counted(targets)
    print("\nLines of src that the inputs reach, of those that a guest or a file reaches:")
    good = 0
    for path, (covered, count) in files.items():
        share = 100 * covered // count if count else 0
        good += share >= AIM
        note = "" if share >= AIM else "  <" if count else "  < no target has it"
        print(f"{share:4} %  {covered:5} of {count:5}  {path}{note}")
    covered, count = map(sum, zip(*files.values()))
    print(f"{100 * covered // count:4} %  {covered:5} of {count:5}  in these {len(files)} files, "
          f"{good} of which have {AIM} %")
    print(f"{others} other files, and functions of some of these, are in {LIST.relative_to(ROOT)}, "
          "with the reasons")
