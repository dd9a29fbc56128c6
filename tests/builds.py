# SPDX-License-Identifier: GPL-2.0-or-later
"""The builds that the tests use, each made by one process at a time."""
import contextlib
import fcntl
import functools
import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Build directory -> compiler and Meson options. All of them treat a warning as an error.
SANITIZED = ["-Db_sanitize=address,undefined", "-Db_lundef=false", "-Dfuzz=true"]
BUILDS = {
    "build-gcc": ("gcc", []),
    "build-asan": ("clang", SANITIZED),
    "build-cov": ("clang", [*SANITIZED, "-Dc_args=-fprofile-instr-generate -fcoverage-mapping",
                            "-Dc_link_args=-fprofile-instr-generate"]),
    "build-tsan": ("clang", ["-Db_sanitize=thread", "-Db_lundef=false"]),
}


def run(*argv, **kwargs):
    """Runs a command; on failure raises an exception with everything that it printed."""
    done = subprocess.run(
        argv, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **kwargs
    )
    assert done.returncode == 0, f"{' '.join(map(str, argv))}: exit {done.returncode}\n{done.stdout}"
    return done.stdout


@contextlib.contextmanager
def alone(build):
    """Locks the build, so that other processes that need it wait."""
    with open(ROOT / f"{build}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def has_options(build, options):
    """Whether Meson has recorded these options: setting them again would regenerate the build
    files."""
    record = (ROOT / build / "meson-private/cmd_line.txt").read_text().splitlines()
    return all(option.removeprefix("-D").replace("=", " = ", 1) in record for option in options)


@functools.cache
def configured(build):
    compiler, options = BUILDS[build]
    with alone(build):
        if not (ROOT / build / "build.ninja").exists():
            run("meson", "setup", "--werror", "-Dtests=true", build, *options,
                env={**os.environ, "CC": compiler})
        elif not has_options(build, options):
            run("meson", "configure", build, *options)
        run("ninja", "-C", build, "build.ninja")  # brings the build files up to date
    return ROOT / build


@functools.cache
def built(build, *targets):
    """The build's directory, after it, or what is named of it, is up to date."""
    directory = configured(build)
    with alone(build):
        run("ninja", "-C", build, *targets)
    return directory


@functools.cache
def fixtures():
    """The directory of captured hosts and tables, which the source does not hold; None without."""
    if "TENON_FIXTURES" in os.environ:
        return pathlib.Path(os.environ["TENON_FIXTURES"])
    places = (directory / "shared/fixtures" for directory in [ROOT, *ROOT.parents])
    return next((place for place in places if place.is_dir()), None)


def tenon():
    """The program under test."""
    return built("build-gcc") / "src/cmd/tenon"


@functools.cache
def unit_tests(build):
    """Name -> (argv, environment) of the build's C tests."""
    tests = json.loads(run("meson", "introspect", "--tests", str(configured(build))))
    return {t["name"]: (t["cmd"], t["env"]) for t in tests}
