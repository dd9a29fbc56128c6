# SPDX-License-Identifier: GPL-2.0-or-later
"""Names and selects tests, and prints their results.

A test's name is its function's, without `test_` and with dashes: test_lab_shell is lab-shell.
A parametrized test whose ids begin with a dot-free word is named by its id alone.

Tests run in parallel, one per processor (pytest-xdist). Those that share a lab stay together.
"""
import collections
import fnmatch
import os
import pathlib
import sys
import tempfile
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "lab")]

# The memory that a lab needs.
LAB_MEMORY = 3 << 30
# How many of the slowest tests are listed at the end.
SLOWEST = 10
# Fixtures that are one or several labs: all tests that use one run on the same processor.
LABS = {"out", "pair", "refused"}
# The labs that take longest start first, so that at the end no processor waits for another.
LONGEST = ["test_uefi-out", "test_bios-out", "test_lab_host-out", "test_vga_guests-out", "test_vga-out",
           "test_direct-out", "test_assign-out", "test_net-out", "test_virtio-out", "test_tpm-out", "test_vga-pair",
           "test_hide-out", "test_display-out"]


def name_of(item):
    callspec = getattr(item, "callspec", None)
    if callspec and "name" in callspec.params:
        return callspec.params["name"]
    return item.originalname.removeprefix("test_").replace("_", "-")


def selected(name, patterns):
    return not patterns or any(fnmatch.fnmatch(name, f"*{p}*") for p in patterns)


def pytest_addoption(parser):
    parser.addoption("--only", default="", help="run the tests whose names match")
    parser.addoption("--soak", action="store_true",
                     help="run the tests that take hours, named soak-..., and no others")


@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    plugins = config.pluginmanager
    if hasattr(config, "workerinput"):
        return
    # A newer xdist would reorder them.
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False
    # Only the Reporter prints anything.
    for name in ("terminalreporter", "terminaldistreporter"):
        if plugins.has_plugin(name):
            plugins.unregister(name=name)
    if plugins.has_plugin("dsession"):
        plugins.get_plugin("dsession").terminal = None
    if not config.option.collectonly:
        plugins.register(Reporter(), "tenon-reporter")


def pytest_xdist_auto_num_workers():
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(len(os.sched_getaffinity(0)), memory // LAB_MEMORY))


def group(item):
    """The name of the group of tests that share a lab with the item; None if it shares none."""
    labs = LABS & set(item.fixturenames)
    return f"{item.path.stem}-{min(labs)}" if labs else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    patterns = config.getoption("--only").split()
    for item in items:
        item.tenon_name = name_of(item)
        item.tenon_group = group(item)
        if item.tenon_group:
            item.add_marker(pytest.mark.xdist_group(item.tenon_group))
    soak = config.getoption("--soak")
    items[:] = [item for item in items if selected(item.tenon_name, patterns)
                and item.tenon_name.startswith("soak-") == soak]
    items.sort(key=order)


def order(item):
    """Orders the tests: quick ones first, so that their failures are seen at once; then labs,
    longest first; and last those of a quarter of a minute, which fill gaps."""
    if item.path.stem == "test_fuzz":
        return 3, 0
    if item.path.parent.name != "lab":
        return 0, 0
    return (1, LONGEST.index(item.tenon_group)) if item.tenon_group in LONGEST else (2, 0)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    report.tenon_name = item.tenon_name


def lab_name(title):
    """Short for `TOPOLOGY: COMMAND`, which a lab is called: the script that ran, and where it is not one
    of the tree's, the test's directory that it lies in."""
    topology, _, command = title.partition(": ")
    script = pathlib.PurePath(command.replace("/bin/sh ", "").split(" ")[0])
    name = script.name if ROOT in script.parents else f"{script.parent.name}/{script.name}"
    return f"{name} ({pathlib.PurePath(topology).name})"


class Reporter:
    """Prints a line for each test, the output of failures, and the counts."""

    def __init__(self):
        self.counts = {"passed": 0, "failed": 0, "skipped": 0}
        # Seconds of each test, including its setup, in which labs run.
        self.seconds = collections.Counter()
        self.took = {}
        self.started = time.monotonic()
        # The file that each lab adds a line to, whichever process starts it.
        self.lab_times = tempfile.NamedTemporaryFile("r", encoding="utf-8")
        os.environ["TENON_LAB_TIMES"] = self.lab_times.name

    def line(self, report, verdict, why=""):
        seconds = self.seconds.pop(report.nodeid)
        # A crashed worker does not report the name of the test that it ran.
        name = getattr(report, "tenon_name", report.nodeid)
        self.took[name] = seconds
        print(f"{verdict:7} {name} ({seconds:.1f} s){why}", flush=True)

    def pytest_runtest_logreport(self, report):
        self.seconds[report.nodeid] += report.duration
        if report.skipped:
            self.counts["skipped"] += 1
            self.line(report, "skipped",
                      ": " + str(report.longrepr[2]).removeprefix("Skipped: "))
        elif report.failed:
            self.counts["failed"] += 1
            self.line(report, "FAILED", f" in {report.when}" if report.when != "call" else "")
            print(report.longreprtext, flush=True)
            for title, text in report.sections:
                print(f"--- {title}\n{text}", flush=True)
        elif report.when == "call":
            self.counts["passed"] += 1
            self.line(report, "passed")

    def pytest_collectreport(self, report):
        if report.failed:
            self.counts["failed"] += 1
            print(report.longreprtext, flush=True)

    def print_slowest(self):
        """The lab's time counts for the first of the tests that share it."""
        print(f"\nThe {SLOWEST} slowest tests:")
        for name, seconds in sorted(self.took.items(), key=lambda t: -t[1])[:SLOWEST]:
            print(f"{seconds:8.1f} s  {name}")

    def print_labs(self):
        labs = [line.rstrip("\n").split("\t", 3) for line in self.lab_times]
        if not labs:
            return
        print("\nLabs: seconds to the start of the job, in all, and of processor time")
        for boot, total, used, title in sorted(labs, key=lambda lab: -float(lab[1])):
            print(f"{boot:>8} {total:>8} {used:>8}  {lab_name(title)}")
        boot, total, used = (sum(float(lab[n]) for lab in labs) for n in range(3))
        print(f"{boot:8.1f} {total:8.1f} {used:8.1f}  {len(labs)} labs\n")

    def pytest_unconfigure(self):
        if len(self.took) > SLOWEST:
            self.print_slowest()
        self.print_labs()
        minutes, seconds = divmod(int(time.monotonic() - self.started), 60)
        print("{passed} passed, {failed} failed, {skipped} skipped".format(**self.counts),
              f"in {minutes} min {seconds} s", flush=True)
