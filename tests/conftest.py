# SPDX-License-Identifier: GPL-2.0-or-later
"""Names, selection and the closing line of every test.

A test's name is its function's, without `test_` and with dashes: test_lab_shell is lab-shell.
A parametrized test whose ids begin with a dot-free word is named by its id alone.
"""
import fnmatch
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "lab")]

counts = {"passed": 0, "failed": 0, "skipped": 0}


def name_of(item):
    callspec = getattr(item, "callspec", None)
    if callspec and "name" in callspec.params:
        return callspec.params["name"]
    return item.originalname.removeprefix("test_").replace("_", "-")


def selected(name, patterns):
    return not patterns or any(fnmatch.fnmatch(name, f"*{p}*") for p in patterns)


def pytest_addoption(parser):
    parser.addoption("--only", default="", help="run the tests whose names match")


@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    # The lines below are all that is printed.
    config.pluginmanager.unregister(name="terminalreporter")


def pytest_collection_modifyitems(config, items):
    patterns = config.getoption("--only").split()
    for item in items:
        item.tenon_name = name_of(item)
    items[:] = [item for item in items if selected(item.tenon_name, patterns)]


def pytest_itemcollected(item):
    item._nodeid = name_of(item)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    report.tenon_name = item.tenon_name


def line(report, verdict, why=""):
    print(f"{verdict:7} {report.tenon_name} ({report.duration:.1f} s){why}", flush=True)


def pytest_runtest_logreport(report):
    if report.skipped:
        counts["skipped"] += 1
        line(report, "skipped", ": " + str(report.longrepr[2]).removeprefix("Skipped: "))
    elif report.failed:
        counts["failed"] += 1
        line(report, "FAILED", f" in {report.when}" if report.when != "call" else "")
        print(report.longreprtext, flush=True)
        for title, text in report.sections:
            print(f"--- {title}\n{text}", flush=True)
    elif report.when == "call":
        counts["passed"] += 1
        line(report, "passed")


def pytest_collectreport(report):
    if report.failed:
        counts["failed"] += 1
        print(report.longreprtext, flush=True)


def pytest_unconfigure(config):
    if not config.option.collectonly:
        print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts), flush=True)
