# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab's kernel: a distribution package, unpacked (never installed) in the cache. Other packages
can be had in the same way.

CACHE/lab/PACKAGE/NAME_VERSION/ holds boot/ and lib/modules/ with the modules' index made. Such a
directory appears by one rename when it is complete, so a run sees all of it or nothing. The next
fetch removes what a killed run left. Everything happens under one lock, and a kernel that a lab
uses is locked, too, so that an update does not remove it.
"""
import fcntl
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

from .errors import LabError

PACKAGE = "linux-image-amd64"
REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent
SYSTEM_LISTS = pathlib.Path("/var/lib/apt/lists")
DAY = 86400


def cache():
    """The cache's directory, created on the first use."""
    directory = pathlib.Path(os.environ.get("TENON_CACHE") or REPOSITORY / ".cache") / "lab"
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise LabError(f"cannot make the lab's cache {directory}: {e.strerror}; "
                       "set TENON_CACHE to a directory that you can write to") from e
    return directory.resolve()


def open_lock(path):
    """A file to flock(). A cache that belongs to another user can be used without writing to it."""
    try:
        return open(path, "a", encoding="ascii")
    except PermissionError:
        return open(path, "r", encoding="ascii")


class Package:
    """An unpacked package, which stays in the cache until close()."""

    def __init__(self, directory):
        self.directory = directory
        self.in_use = open_lock(directory / "in-use")
        fcntl.flock(self.in_use, fcntl.LOCK_SH)

    def close(self):
        self.in_use.close()


class Kernel(Package):
    """A kernel package."""

    def __init__(self, directory):
        super().__init__(directory)
        self.release = next((directory / "lib/modules").iterdir()).name
        self.image = directory / "boot" / f"vmlinuz-{self.release}"
        self.modules = directory / "lib/modules" / self.release


class Apt:
    """apt with the system's package lists, or with lists in the directory own, which need no root
    and help if the system's are missing or too old."""

    def __init__(self, own=None):
        self.own = own
        self.options = ["-o", "APT::Sandbox::User=root"]
        if own:
            for name in ("lists/partial", "archives/partial"):
                (own / name).mkdir(parents=True, exist_ok=True)
            self.options += ["-o", f"Dir::State::lists={own}/lists", "-o", f"Dir::Cache={own}"]
            self.run("apt-get", "update")

    def run(self, command, *arguments, cwd=None):
        done = subprocess.run([command, *self.options, *arguments], cwd=cwd, text=True, check=False,
                              env={**os.environ, "LC_ALL": "C"}, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode:
            raise LabError(f"{command} {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def candidate(self, package):
        """(name, version) of the package with the kernel itself, which a metapackage depends on."""
        text = self.run("apt-cache", "show", "--no-all-versions", package)
        version = re.search(r"^Version: (\S+)", text, re.M)
        real = re.search(r"^Depends:.*?\b(linux-image-[0-9][^ ,]*)", text, re.M)
        if real and real[1] != package:
            return self.candidate(real[1])
        if not version:
            raise LabError(f"apt knows no package {package}")
        return package, version[1]

    def download(self, package, version, directory):
        self.run("apt-get", "download", f"{package}={version}", cwd=directory)
        return next(pathlib.Path(directory).glob("*.deb"))


def unpack(deb, directory):
    """Unpacks the package into the directory directory, and makes the index of its modules."""
    subprocess.run(["dpkg-deb", "-x", deb, directory], check=True)
    deb.unlink()
    if not (directory / "lib").exists():
        (directory / "lib").symlink_to("usr/lib")
    if (directory / "lib/modules").exists():
        index_modules(directory)
    (directory / "in-use").touch()


def index_modules(directory):
    release = next((directory / "lib/modules").iterdir()).name
    depmod = shutil.which("depmod", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not depmod:
        raise LabError("depmod is missing; install the package kmod")
    subprocess.run([depmod, "-b", directory, release], check=True)


def prune(keep):
    """Removes the versions other than keep that no lab uses, and what killed runs left."""
    for directory in keep.parent.iterdir():
        if directory.is_dir() and directory != keep:
            try:
                with open_lock(directory / "in-use") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(directory)
            except OSError:
                continue


def add(apt, name, version, directory):
    """Downloads the package and puts it into the cache as the directory directory."""
    print(f"lab: fetching {name} {version} (once)", file=sys.stderr, flush=True)
    directory.parent.mkdir(exist_ok=True)
    new = pathlib.Path(tempfile.mkdtemp(prefix=".new-", dir=directory.parent))
    try:
        unpack(apt.download(name, version, new), new)
        new.chmod(0o755)
        new.rename(directory)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    prune(directory)


def lists_stamp():
    """Changes when the system's package lists do."""
    try:
        return SYSTEM_LISTS.stat().st_mtime_ns
    except OSError:
        return 0


def remembered(note):
    """The directory that note names, as long as asking apt again would give the same."""
    try:
        known = json.loads(note.read_text())
        directory = note.parent / known["folder"]
        fresh = known["lists"] == lists_stamp() and time.time() < known["until"]
        return directory if fresh and directory.is_dir() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def fetch(package):
    """The directory of the newest version of package that apt knows; downloads it if needed."""
    note = cache() / package / "newest.json"
    directory = remembered(note)
    if directory:
        return directory
    for own in (None, cache() / "apt"):
        try:
            apt = Apt(own)
            name, version = apt.candidate(package)
            directory = note.parent / f"{name}_{version.replace(':', '%3a')}"
            if not directory.exists():
                add(apt, name, version, directory)
            until = time.time() + (DAY if own else 365 * DAY)
            note.write_text(json.dumps({"folder": directory.name, "lists": lists_stamp(),
                                        "until": until}))
            return directory
        except (LabError, OSError, subprocess.CalledProcessError) as e:
            why = e
    raise LabError(str(why))


def newest_cached(package):
    found = [f for f in (cache() / package).glob("*_*") if (f / "in-use").exists()]
    return max(found, key=lambda f: f.stat().st_mtime, default=None)


def locate(package):
    """Where the package is in the cache; downloads it if the cache lacks the version that apt would
    install. The cache's lock is held."""
    try:
        return fetch(package)
    except LabError as e:
        directory = newest_cached(package)
        if not directory:
            raise LabError(f"cannot get {package} for the lab: {e}") from e
        print(f"lab: using the cached {directory.name}: {e}", file=sys.stderr)
        return directory


def get(package=PACKAGE):
    """The lab's kernel."""
    with open_lock(cache() / "lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return Kernel(locate(package))


def get_package(package):
    """Another package, as Package."""
    with open_lock(cache() / "lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return Package(locate(package))
