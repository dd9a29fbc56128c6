# SPDX-License-Identifier: GPL-2.0-or-later
"""What the lab's host boots from: an archive of busybox and modules, made once per kernel, followed
in the same initrd by a small one per run with init, the tools and the job."""
import gzip
import hashlib
import lzma
import os
import pathlib
import shutil
import subprocess
import tempfile

from . import kernel
from .errors import LabError

# Modules in the order of loading, before dependencies are added; no driver of a card is among them.
MODULES = ["virtio_pci", "virtio_console", "9pnet_virtio", "9p", "overlay",
           "kvm", "kvm-amd", "vfio-pci", "vfio_iommu_type1"]
DIRECTORIES = ["bin", "dev", "etc", "lab", "lab/modules", "lower", "proc", "root", "run", "sys", "tmp",
           "upper"]
INSIDE = pathlib.Path(__file__).resolve().parent.parent / "inside"


class Archive:
    """A cpio archive in the kernel's 'newc' format (initramfs buffer format)."""

    def __init__(self):
        self.data = bytearray()
        self.inode = 0

    def add(self, name, mode, content=b""):
        self.inode += 1
        fields = (self.inode, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
        self.data += b"070701" + "".join(f"{f:08x}" for f in fields).encode()
        self.data += name.encode() + b"\0"
        self.pad()
        self.data += content
        self.pad()

    def pad(self):
        self.data += bytes(-len(self.data) % 4)

    def directory(self, name):
        self.add(name, 0o040755)

    def file(self, name, content, mode=0o644):
        self.add(name, 0o100000 | mode, content)

    def link(self, name, target):
        self.add(name, 0o120777, target.encode())

    def finish(self):
        self.add("TRAILER!!!", 0)
        return bytes(self.data)


def canonical(module):
    return pathlib.PurePath(module).name.split(".ko")[0].replace("-", "_")


def module_files(tree, names):
    """The files of the modules called names and of their dependencies, in the order of loading."""
    needs = {}
    for text in (tree / "modules.dep").read_text().splitlines():
        path, _, others = text.partition(":")
        needs[canonical(path)] = [path, *others.split()]
    builtin = {canonical(p) for p in (tree / "modules.builtin").read_text().split()}
    order = []
    for name in map(canonical, names):
        if name in needs:
            # modules.dep names first what is to be loaded last.
            order += [p for p in reversed(needs[name]) if p not in order]
        elif name not in builtin:
            raise LabError(f"the kernel {tree.name} has no module {name}")
    return order


def uncompressed(path):
    content = path.read_bytes()
    if path.suffix == ".xz":
        return lzma.decompress(content)
    if path.suffix == ".gz":
        return gzip.decompress(content)
    if path.suffix != ".ko":
        raise LabError(f"cannot unpack the module {path}")
    return content


def busybox():
    path = shutil.which("busybox", path="/bin:/usr/bin")
    if not path:
        raise LabError("busybox is missing; install the package busybox-static")
    return pathlib.Path(path)


def make_base(tree):
    archive = Archive()
    for name in DIRECTORIES:
        archive.directory(name)
    program = busybox()
    archive.file("bin/busybox", program.read_bytes(), 0o755)
    applets = subprocess.run([program, "--list"], check=True, text=True, capture_output=True)
    for name in applets.stdout.split():
        if name != "busybox":
            archive.link(f"bin/{name}", "busybox")
    order = module_files(tree, MODULES)
    for path in order:
        archive.file(f"lab/modules/{canonical(path)}.ko", uncompressed(tree / path))
    archive.file("lab/modules/order", "".join(canonical(p) + "\n" for p in order).encode())
    packed = gzip.compress(archive.finish(), 1)
    # The kernel looks for the next archive at a multiple of four.
    return packed + bytes(-len(packed) % 4)


def base(k):
    """The run-independent archive for the kernel k, from the cache unless something in it has
    changed."""
    version = busybox().stat()
    key = repr((MODULES, DIRECTORIES, version.st_size, version.st_mtime_ns))
    key += pathlib.Path(__file__).read_text()
    path = k.directory / f"initramfs-{hashlib.sha256(key.encode()).hexdigest()[:16]}.gz"
    if not path.exists():
        with tempfile.NamedTemporaryFile(dir=kernel.cache(), delete=False) as new:
            try:
                new.write(make_base(k.modules))
                new.flush()
                os.chmod(new.name, 0o644)
                os.rename(new.name, path)
            except BaseException:
                os.unlink(new.name)
                raise
    return path.read_bytes()


def job(files):
    """The archive of one run: init, the tools, and the files {name below /lab: bytes}."""
    archive = Archive()
    archive.file("init", (INSIDE / "init").read_bytes(), 0o755)
    archive.directory("lab/bin")
    for tool in sorted((INSIDE / "bin").iterdir()):
        archive.file(f"lab/bin/{tool.name}", tool.read_bytes(), 0o755)
    for name, content in files.items():
        archive.file(f"lab/{name}", content)
    return archive.finish()
