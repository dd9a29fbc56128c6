# SPDX-License-Identifier: GPL-2.0-or-later
"""The image of a CD from which Debian's installer puts a minimal system on an NVMe disk: offline, without
a question, with Secure Boot. Needs no root, and the network once.

    path = build()          in the cache

Shim, GRUB and kernel are those that Debian signs. Kernel and initramfs are the installer's for the
network (debian-installer-RELEASE-netboot-amd64). A second archive in the initramfs brings what a CD's
installer has more: modules for disks, base-installer and debootstrap. The steps for partitions and for
the boot loader, and the answers, are in the directory installer: the archive no longer has those
components of the release's installer.
"""
import gzip
import hashlib
import os
import pathlib
import platform
import re
import shutil
import subprocess
import tempfile

from guest.build import libraries
from guest.cache import cached
from guest.secure_boot import SHIM, fat
from tenonlab import initramfs, kernel

HERE = pathlib.Path(__file__).resolve().parent / "installer"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
GRUB = "usr/lib/grub/x86_64-efi-signed/gcdx64.efi.signed"
IMAGES = "usr/lib/debian-installer/images/{}/amd64/text/debian-installer/amd64"
MODULES = ["scsi-core", "scsi", "ata", "sata", "cdrom-core", "isofs", "crc", "ext4", "fat", "efi"]
PROGRAMS = ["sfdisk", "mkfs.ext4", "mkfs.vfat"]
# Of the installed system: from debootstrap, and what is added later.
BASE = ["systemd-sysv", "udev", "kmod", "usr-is-merged", "debconf-i18n"]
ADDED = ["linux-image-amd64", "initramfs-tools", "busybox", "zstd", "grub-efi-amd64",
         "grub-efi-amd64-signed", "shim-signed", "mokutil", "efibootmgr"]

CONFIG = """set timeout=1
menuentry Install {
	linux /install/vmlinuz auto=true priority=critical DEBIAN_FRONTEND=newt fb=false console=tty0
	initrd /install/initrd.gz /install/cd.gz
}
"""
CONTROL = """Package: {}
Version: 1
Architecture: all
Maintainer: nobody
Section: debian-installer
Priority: optional
"""


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr}{done.stdout[-2000:]}")
    return done.stdout


class Downloads:
    """What apt downloads, in the cache."""

    def __init__(self):
        about = platform.freedesktop_os_release()
        self.version, self.codename = about["VERSION_ID"], about["VERSION_CODENAME"]
        self.directory = kernel.cache() / "installer"
        for name in ("archives/partial", "lists/partial", "components"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)

    def apt(self, *arguments, **options):
        return run("apt-get", "-o", "APT::Sandbox::User=root", *arguments, **options)

    def debs(self, *names):
        """The files of these packages, of what they need, and of what every system has."""
        archives = self.directory / "archives"
        every = "?and(?priority(required),?or(?architecture(amd64),?architecture(all)))"
        install = ["-o", "Dir::State::status=/dev/null", "-o", f"Dir::Cache::archives={archives}", "-y",
                   "--no-install-recommends", "install", every, "apt", *names]
        planned = re.findall(r"^Inst (\S+) \((\S+) .*\[(\S+)\]\)", self.apt("-s", *install), re.M)
        self.apt("-d", *install)
        return [archives / f"{name}_{version.replace(':', '%3a')}_{architecture}.deb"
                for name, version, architecture in planned]

    def sources(self):
        """The system's archive of the release, with the installer's components."""
        listed = self.apt("indextargets", "--format", "$(REPO_URI) $(CODENAME) $(COMPONENT)",
                          "Created-By: Packages", "Label: Debian").splitlines()
        (uri, _, _), *_ = [line.split() for line in listed if line.endswith(f" {self.codename} main")]
        path = self.directory / "sources.list"
        path.write_text(f"deb [signed-by={KEYRING}] {uri} {self.codename} main/debian-installer\n")
        return path

    def udebs(self, *names):
        """The files of these components; an older one will do."""
        components = self.directory / "components"
        missing = [name for name in names if not list(components.glob(f"{name}_*.udeb"))]
        if missing:
            options = ["-o", f"Dir::State::lists={self.directory}/lists",
                       "-o", f"Dir::Etc::sourcelist={self.sources()}",
                       "-o", "Dir::Etc::sourceparts=/dev/null"]
            self.apt(*options, "update")
            self.apt(*options, "download", *missing, cwd=components)
        return [max(components.glob(f"{name}_*.udeb"), key=os.path.getmtime) for name in names]


def component(directory, name, files, fields):
    """An installer's component NAME with these files (path in it -> bytes), DEBIAN/postinst among them."""
    tree = directory / name
    for path, content in {"DEBIAN/control": (CONTROL.format(name) + fields).encode(), **files}.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(content)
        (tree / path).chmod(0o644 if path == "DEBIAN/control" else 0o755)
    made = directory / f"{name}.udeb"
    run("dpkg-deb", "--root-owner-group", "-Zgzip", "-b", tree, made)
    return made


def own_components(directory):
    """Our two steps, with the distribution's programs, and debootstrap as a component."""
    files = {"DEBIAN/postinst": (HERE / "disk").read_bytes(),
             "etc/mke2fs.conf": pathlib.Path("/etc/mke2fs.conf").read_bytes()}
    for name in PROGRAMS:
        program = pathlib.Path(shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin"))
        files[f"usr/lib/tenon/{name}"] = program.read_bytes()
        for library in libraries(program):
            called = "ld.so" if library.name.startswith("ld-linux") else library.name
            files[f"usr/lib/tenon/{called}"] = library.read_bytes()
    yield component(directory, "tenon-disk", files, """Description: Make the disk's partitions
Installer-Menu-Item: 4500
Depends: cdebconf-udeb
Provides: mounted-partitions, created-fstab, di-utils-mapdevfs
""")
    yield component(directory, "tenon-boot", {
        "DEBIAN/postinst": (HERE / "boot").read_bytes(),
        "usr/lib/tenon/report": (HERE / "report").read_bytes(),
    }, """Description: Install the boot loader
Installer-Menu-Item: 7500
Depends: cdebconf-udeb, installed-base
Provides: bootable-system
""")
    debootstrap = kernel.get_package("debootstrap")
    yield component(directory, "debootstrap-udeb", {
        str(path.relative_to(debootstrap.directory)): path.read_bytes()
        for top in ("usr/sbin", "usr/share/debootstrap")
        for path in (debootstrap.directory / top).rglob("*") if path.is_file()},
        "Description: debootstrap\n")
    debootstrap.close()


def second_archive(directory, codename, components):
    """What the installer's own archive lacks, as the kernel's initramfs."""
    archive = initramfs.Archive()
    for name in ("components", "lib", "lib/debian-installer-startup.d"):
        archive.directory(name)
    for path in [*components, *own_components(directory)]:
        archive.file(f"components/{path.name}", path.read_bytes())
    archive.file("preseed.cfg", (HERE / "preseed.cfg").read_text().replace("CODENAME", codename).encode())
    archive.file("lib/debian-installer-startup.d/S21tenon", (HERE / "startup").read_bytes(), 0o755)
    return gzip.compress(archive.finish(), 1)


def make_archive(tree, codename, debs):
    """The CD as an archive of packages, with the files by which the installer and apt know it."""
    pool = tree / "pool"
    pool.mkdir()
    for deb in debs:
        shutil.copyfile(deb, pool / deb.name.replace("%3a", "."))
    index = run("dpkg-scanpackages", "--multiversion", "pool", cwd=tree).encode()
    packages = f"dists/{codename}/main/binary-amd64/Packages"
    (tree / packages).parent.mkdir(parents=True)
    (tree / packages).write_bytes(index)
    (tree / f"dists/{codename}/Release").write_text(
        f"Origin: Debian\nLabel: Debian\nSuite: stable\nCodename: {codename}\nArchitectures: amd64\n"
        f"Components: main\nDate: {run('date', '-Ru').strip()}\nSHA256:\n"
        f" {hashlib.sha256(index).hexdigest()} {len(index)} main/binary-amd64/Packages\n")
    (tree / ".disk").mkdir()
    for name, text in {"info": f"A lab's {codename}", "base_installable": "", "base_components": "main",
                       "cd_type": "full_cd/single",
                       "base_include": "\n".join(BASE)}.items():
        (tree / ".disk" / name).write_text(text + "\n" if text else "")


def make_image(path, tree, directory):
    """The CD's image, from which UEFI starts: shim and GRUB in a FAT file system (El Torito)."""
    shim, grub = kernel.get_package("shim-signed"), kernel.get_package("grub-efi-amd64-signed")
    (tree / "boot/grub").mkdir(parents=True)
    (tree / "boot/grub/grub.cfg").write_text(CONFIG)
    fat(tree / "boot/grub/efi.img", {"EFI/BOOT/BOOTX64.EFI": shim.directory / SHIM,
                                     "EFI/BOOT/grubx64.efi": grub.directory / GRUB}, 8)
    shim.close()
    grub.close()
    run("xorriso", "-as", "mkisofs", "-quiet", "-o", path, "-V", "TENON", "-r", "-J", "-eltorito-alt-boot",
        "-e", "boot/grub/efi.img", "-no-emul-boot", tree, cwd=directory)


def make(path):
    downloads = Downloads()
    installer = kernel.get_package(f"debian-installer-{downloads.version}-netboot-amd64")
    images = installer.directory / IMAGES.format(downloads.version)
    release = re.search(rb"(\d\S*-amd64) \(", (images / "linux").read_bytes())[1].decode()
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        tree = directory / "cd"
        (tree / "install").mkdir(parents=True)
        shutil.copyfile(images / "linux", tree / "install/vmlinuz")
        shutil.copyfile(images / "initrd.gz", tree / "install/initrd.gz")
        components = downloads.udebs("base-installer", "bootstrap-base",
                                     *(f"{module}-modules-{release}-di" for module in MODULES))
        (tree / "install/cd.gz").write_bytes(second_archive(directory, downloads.codename, components))
        make_archive(tree, downloads.codename, downloads.debs(*BASE, *ADDED))
        make_image(path, tree, directory)
    installer.close()


def build():
    """The image's path."""
    key = [kernel.lists_stamp(), pathlib.Path(__file__).read_text(),
           *(file.read_text() for file in sorted(HERE.iterdir()))]
    return cached("installer", repr(key).encode(), make)
