# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab's kernel: a distribution package, unpacked (never installed) in the cache.

CACHE/lab/<package>_<version>/ holds the package's boot/ and lib/modules/, with the modules'
index made. A folder appears there by one rename when it is complete, so a second run either
sees all of it or nothing, and a run that is killed leaves only a folder that the next removes.
"""
import fcntl
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from .errors import LabError

PACKAGE = "linux-image-amd64"
REPOSITORY = pathlib.Path(__file__).resolve().parent.parent.parent


def cache():
    """The cache's folder, made on the first use."""
    folder = pathlib.Path(os.environ.get("TENON_CACHE") or REPOSITORY / ".cache") / "lab"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise LabError(f"cannot make the lab's cache {folder}: {e.strerror}; "
                       "set TENON_CACHE to a folder that you can write to") from e
    return folder.resolve()


class Kernel:
    """An unpacked kernel package. It is not removed from the cache while this object lives."""

    def __init__(self, folder):
        self.folder = folder
        self.in_use = open(folder / "in-use", "a", encoding="ascii")
        fcntl.flock(self.in_use, fcntl.LOCK_SH)
        self.release = next((folder / "lib/modules").iterdir()).name
        self.image = folder / "boot" / f"vmlinuz-{self.release}"
        self.modules = folder / "lib/modules" / self.release

    def close(self):
        self.in_use.close()


class Apt:
    """apt with the system's package lists, or with lists of the lab's own in the cache: these
    need no root, and are there when the system has none or too old ones."""

    def __init__(self, own=None):
        self.options = ["-o", "APT::Sandbox::User=root"]
        self.own = own
        if own:
            (own / "lists/partial").mkdir(parents=True, exist_ok=True)
            (own / "archives/partial").mkdir(parents=True, exist_ok=True)
            self.options += ["-o", f"Dir::State::lists={own}/lists", "-o", f"Dir::Cache={own}"]

    def run(self, command, *arguments, cwd=None):
        done = subprocess.run([command, *self.options, *arguments], cwd=cwd, text=True, check=False,
                              env={**os.environ, "LC_ALL": "C"}, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode:
            raise LabError(f"{command} {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def candidate(self, package):
        """(name, version) of the package that holds the kernel itself."""
        text = self.run("apt-cache", "show", "--no-all-versions", package)
        version = re.search(r"^Version: (\S+)", text, re.M)
        real = re.search(r"^Depends:.*?\b(linux-image-[0-9][^ ,]*)", text, re.M)
        if real and real[1] != package:
            return self.candidate(real[1])
        if not version:
            raise LabError(f"apt knows no package {package}")
        return package, version[1]

    def download(self, package, version, folder):
        self.run("apt-get", "download", f"{package}={version}", cwd=folder)
        return next(pathlib.Path(folder).glob("*.deb"))


def unpack(deb, folder):
    """Unpacks the package into folder and makes the modules' index there."""
    subprocess.run(["dpkg-deb", "-x", deb, folder], check=True)
    deb.unlink()
    if not (folder / "lib").exists() and (folder / "usr/lib").exists():
        (folder / "lib").symlink_to("usr/lib")
    release = next((folder / "lib/modules").iterdir()).name
    depmod = shutil.which("depmod", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not depmod:
        raise LabError("depmod is missing; install the package kmod")
    subprocess.run([depmod, "-b", folder, release], check=True)


def prune(keep):
    """Removes older versions that no lab uses, and what killed runs left."""
    for folder in cache().iterdir():
        if not folder.is_dir() or folder == keep or "_" not in folder.name:
            continue
        try:
            with open(folder / "in-use", "a", encoding="ascii") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue


def add(apt, name, version, folder):
    """Downloads the package and puts it into the cache as folder."""
    print(f"lab: fetching {name} {version} (once)", file=sys.stderr, flush=True)
    new = pathlib.Path(tempfile.mkdtemp(prefix="new_", dir=cache()))
    try:
        unpack(apt.download(name, version, new), new)
        new.chmod(0o755)
        new.rename(folder)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    prune(folder)


def fetch(package):
    """The folder of the newest version of package that apt knows; downloads it at need."""
    for own in (None, cache() / "apt"):
        try:
            apt = Apt(own)
            if own:
                apt.run("apt-get", "update")
            name, version = apt.candidate(package)
            folder = cache() / f"{name}_{version.replace(':', '%3a')}"
            if not folder.exists():
                add(apt, name, version, folder)
            return folder
        except (LabError, OSError, subprocess.CalledProcessError) as e:
            why = e
    raise LabError(str(why))


def newest_cached(package):
    family = package.removesuffix("amd64").removesuffix("-")
    found = [f for f in cache().glob(f"{family}*_*") if (f / "boot").is_dir()]
    return max(found, key=lambda f: f.stat().st_mtime, default=None)


def get(package=PACKAGE):
    """The lab's kernel, downloaded if the cache has not the version that apt would install."""
    with open(cache() / "lock", "a", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            folder = fetch(package)
        except LabError as e:
            folder = newest_cached(package)
            if not folder:
                raise LabError(f"cannot get a kernel for the lab: {e}") from e
            print(f"lab: using the cached {folder.name}: {e}", file=sys.stderr)
        return Kernel(folder)
