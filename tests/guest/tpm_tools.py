# SPDX-License-Identifier: GPL-2.0-or-later
"""An initramfs with the distribution's tpm2-tools and a script that works with a TPM.

    path = build(kernel.modules, script)

The script is the guest's init, run by busybox. It finds the TPM's driver loaded, and the file systems
mounted on which the kernel shows the TPM and its logs.
"""
import pathlib
import re
import subprocess
import tempfile

from guest.cache import cached
from tenonlab import initramfs

TOOLS = pathlib.Path("/usr/bin/tpm2")
# What libtss2-tctildr opens for TPM2TOOLS_TCTI=device:...
TCTI = "libtss2-tcti-device.so.0"
# Of it one command that nobody runs here needs a few functions; the library itself brings thirty others,
# which the loader would read again for each command.
LEFT_OUT = "libcurl-gnutls.so.4"
MODULES = ["tpm_crb"]

INIT = r"""#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t securityfs security /sys/kernel/security
for m in $(cat /modules/order); do insmod /modules/$m.ko; done
export TPM2TOOLS_TCTI=device:/dev/tpmrm0
mode=$(sed 's/.*tenon.mode=\([a-z]*\).*/\1/' /proc/cmdline)
"""


def libraries(program):
    """Name -> path of the shared libraries that the program loads."""
    out = subprocess.run(["ldd", program], text=True, check=True, capture_output=True).stdout
    found = dict(re.findall(r"^\s*(\S+) => (/\S+)", out, re.M))
    return found | {path: path for path in re.findall(r"^\s*(/\S+) \(", out, re.M)}


def direct_needs(program):
    out = subprocess.run(["readelf", "-d", program], text=True, check=True, capture_output=True).stdout
    return re.findall(r"\(NEEDED\).*\[(\S+)\]", out)


def needed(program, left_out):
    """The libraries that the program needs, and those that these need, but for left_out."""
    paths, wanted, names = libraries(program), direct_needs(program), {}
    while wanted:
        name = wanted.pop()
        path = paths.get(name) or next((p for n, p in paths.items() if n.endswith(name)), None)
        if name in left_out or name in names or not path:
            continue
        names[name] = pathlib.Path(path)
        wanted += direct_needs(path)
    return names


def stand_in(out):
    """A library in place of LEFT_OUT whose functions do nothing."""
    listed = subprocess.run(["nm", "-D", TOOLS], text=True, check=True, capture_output=True).stdout
    functions = re.findall(r"U (curl_\w+)(?:@(\w+))?", listed)
    versions = {version for _, version in functions if version}
    code = "".join(f"int {name}(void) {{ return -1; }}\n" for name, _ in functions)
    script = out.with_suffix(".map")
    script.write_text("".join(f"{version} {{ global: curl_*; }};\n" for version in versions) or
                      "{ global: *; };\n")
    subprocess.run(["gcc", "-shared", "-fPIC", "-x", "c", "-", "-o", out, f"-Wl,-soname,{LEFT_OUT}",
                    f"-Wl,--version-script={script}"], text=True, check=True, input=code)


def pack(modules, script):
    archive = initramfs.Archive()
    for name in ("bin", "dev", "lib", "lib64", "modules", "proc", "sys", "tmp"):
        archive.directory(name)
    archive.file("bin/busybox", initramfs.busybox().read_bytes(), 0o755)
    for name in ("sh", "mount", "cat", "insmod", "sed", "grep", "sleep", "reboot", "poweroff", "devmem",
                 "seq", "wc", "tr"):
        archive.link(f"bin/{name}", "busybox")
    archive.file("bin/tpm2", TOOLS.read_bytes(), 0o755)
    loader = "ld-linux-x86-64.so.2"
    found = needed(TOOLS, {LEFT_OUT})
    tcti = found["libtss2-tctildr.so.0"].parent / TCTI
    found |= {TCTI: tcti} | needed(tcti, set())
    for name, path in found.items():
        name = pathlib.PurePath(name).name
        where = "lib64" if name == loader else "lib"
        archive.file(f"{where}/{name}", path.resolve().read_bytes(), 0o755)
    with tempfile.TemporaryDirectory() as directory:
        stub = pathlib.Path(directory) / LEFT_OUT
        stand_in(stub)
        archive.file(f"lib/{LEFT_OUT}", stub.read_bytes(), 0o755)
    order = initramfs.module_files(modules, MODULES)
    for path in order:
        archive.file(f"modules/{initramfs.canonical(path)}.ko", initramfs.uncompressed(modules / path))
    archive.file("modules/order", "".join(initramfs.canonical(p) + "\n" for p in order).encode())
    archive.file("init", (INIT + script).encode(), 0o755)
    return archive.finish()


def build(modules, script):
    """The path of the initramfs, in the cache."""
    if not TOOLS.exists():
        raise RuntimeError("install the package tpm2-tools")
    files = [TOOLS, *(modules / f for f in initramfs.module_files(modules, MODULES))]
    key = repr(([(str(f), f.stat().st_size, f.stat().st_mtime_ns) for f in files], script,
                pathlib.Path(__file__).read_text()))
    return cached("tpm", key.encode(),
                  lambda new: pathlib.Path(new).write_bytes(pack(modules, script)))
