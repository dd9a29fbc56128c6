# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds the guest kit's program and the initramfs that a guest's kernel starts with.

    path = build_initramfs(kernel.modules, ["bochs", "nvme"])

The results lie in the cache under names made of everything that goes into them, so that a second
call only looks them up. kernel.modules is a directory lib/modules/RELEASE with modules.dep.
"""
import pathlib
import re
import shutil
import subprocess

from guest.cache import cached
from tenonlab import initramfs

# For the kernel's command line, see README.md.
FAST = "quiet cryptomgr.notests pci=noearly,lastbus=0 drm_kms_helper.fbdev_emulation=0"

HERE = pathlib.Path(__file__).resolve().parent
SCRIPTS = HERE / "scripts"
SOURCE = HERE.parent.parent / "src"
FLAGS = ["-std=gnu11", "-D_GNU_SOURCE", "-O2", "-static", "-s", "-Wall", "-Wextra", "-Werror",
         "-Wno-sign-compare", "-Wno-unused-parameter",
         "-Wshadow", "-Wstrict-prototypes", "-Wmissing-prototypes",
         f"-I{HERE}", f"-I{SOURCE}", "-I/usr/include/libdrm"]


def compile_program(out):
    sources = sorted(str(p) for p in HERE.glob("*.c"))
    done = subprocess.run(["gcc", *FLAGS, "-o", out, *sources], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise RuntimeError(f"the guest's program does not build:\n{done.stdout}")


def build_program():
    """The path of the program that is the guest's init and its steps."""
    used = [*sorted(HERE.glob("*.[ch]")), *sorted((SOURCE / "base").glob("*.h"))]
    version = subprocess.run(["gcc", "--version"], text=True, check=True, capture_output=True)
    key = repr((FLAGS, version.stdout, [p.read_text() for p in used]))
    return cached("guest", key.encode(), compile_program)


def libraries(program):
    """The files that the dynamic linker takes for a program, and the linker."""
    told = subprocess.run(["ldd", program], text=True, check=True, capture_output=True).stdout
    return [pathlib.Path(path) for path in re.findall(r"(?:=> |^\s*)(/\S+) \(", told, re.M)]


def add_scripts(archive, scripts):
    """The scripts, busybox, and the programs, each of which is the first word of some line."""
    files = {}
    for script in scripts:
        text = (SCRIPTS / script).read_bytes()
        files[f"scripts/{script}"] = text
        program = pathlib.Path(shutil.which(script))
        files[f"bin/{script}"] = program.read_bytes()
        files.update((str(path)[1:], path.read_bytes()) for path in libraries(program))
    files["bin/busybox"] = pathlib.Path(shutil.which("busybox")).read_bytes()
    directories = {str(parent) for name in files for parent in pathlib.PurePath(name).parents}
    for name in sorted(directories - {"."}):
        archive.directory(name)
    for name, content in files.items():
        archive.file(name, content, 0o755)
    for name in ("cmp", "dd", "grep"):
        archive.link(f"bin/{name}", "busybox")


def pack(program, modules, names, scripts):
    archive = initramfs.Archive()
    for name in ("dev", "modules", "proc", "sys"):
        archive.directory(name)
    if scripts:
        add_scripts(archive, scripts)
    archive.file("init", program.read_bytes(), 0o755)
    order, needed = "", []
    for name in sorted(set(names)):
        files = initramfs.module_files(modules, [name])
        needed += [f for f in files if f not in needed]
        # A module that is built into the kernel has a line without files.
        order += " ".join(map(initramfs.canonical, [name, *files])) + "\n"
    for path in needed:
        archive.file(f"modules/{initramfs.canonical(path)}.ko",
                     initramfs.uncompressed(modules / path))
    archive.file("modules/order", order.encode())
    return archive.finish()


def build_initramfs(modules, names, out=None, scripts=()):
    """An initramfs with the kit and the modules called names, and what they need, from the directory
    modules. scripts: of the step script, each called like the distribution's program that it uses.
    The path is out if given, else one in the cache."""
    program = build_program()
    files = initramfs.module_files(modules, names)
    stamps = [(f, (modules / f).stat().st_size, (modules / f).stat().st_mtime_ns) for f in files]
    key = repr((program.name, sorted(set(names)), str(modules), stamps,
                pathlib.Path(__file__).read_text(), [(SCRIPTS / s).read_text() for s in scripts]))
    path = cached("initramfs", key.encode(), lambda new: pathlib.Path(new).write_bytes(
        pack(program, modules, names, scripts)))
    if out:
        pathlib.Path(out).write_bytes(path.read_bytes())
        return pathlib.Path(out)
    return path
