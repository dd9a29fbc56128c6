# SPDX-License-Identifier: GPL-2.0-or-later
"""A fake captured host, made file by file: a desktop that is ready for the assignment of its card.

00:00.0 host bridge; 00:01.0 root port with ACS; 00:02.0 the integrated graphics, which show the
console; 01:00.0 a graphics card and 01:00.1 its sound, both bound to vfio-pci.
"""
import os
import pathlib
import struct

GPU, SOUND, IGPU, PORT = "0000:01:00.0", "0000:01:00.1", "0000:00:02.0", "0000:00:01.0"
DEVICES = "sys/bus/pci/devices"

CPUINFO = """processor\t: 0
vendor_id\t: GenuineIntel
flags\t\t: fpu vme vmx ept
address sizes\t: 39 bits physical, 48 bits virtual
"""

INTERRUPTS = """            CPU0       CPU1
   8:          0          0  IR-IO-APIC    8-edge      rtc0
 120:          0          1  DMAR-MSI    0-edge      dmar0
"""

LIMITS = """Limit                     Soft Limit           Hard Limit           Units
Max locked memory         {0}           {0}           bytes
"""


def config(vendor, device, klass, *, kind=0, buses=None, acs=False, rebar=None, multi=False,
           window=None, serial=None, vga=False):
    """A config space with PCIe and the extended capabilities that are asked for."""
    space = bytearray(4096)
    struct.pack_into("<HHHH", space, 0, vendor, device, 0x0407 if not buses else 0x0407, 0x0010)
    space[9:12] = klass.to_bytes(3, "little")
    space[0x0E] = (1 if buses else 0) | (0x80 if multi else 0)
    if buses:
        space[0x18:0x1B] = bytes(buses)
        start, end = window or (0xC0000000, 0xDFFFFFFF)
        struct.pack_into("<HH", space, 0x20, 0xF000, 0xF100)
        struct.pack_into("<HHII", space, 0x24, (start >> 16 & 0xFFF0) | 1,
                         (end >> 16 & 0xFFF0) | 1, start >> 32, end >> 32)
        struct.pack_into("<H", space, 0x3E, 8 if vga else 0)
    else:
        struct.pack_into("<HH", space, 0x2C, vendor, 0x1234)
    space[0x34] = 0x40
    struct.pack_into("<BBH", space, 0x40, 0x10, 0, 2 | kind << 4 | (0x100 if buses else 0))
    chain = []
    if acs:
        chain.append(struct.pack("<IHH", 0x0001000D, 0x005F, 0x001D))
    if rebar:
        sizes, now = rebar
        chain.append(struct.pack("<III", 0x00010015, sizes << 4, 1 << 5 | 1 | now << 8))
    if serial:
        chain.append(struct.pack("<IQ", 0x00010003, serial))
    for i, cap in enumerate(chain):
        at = 0x100 + 0x40 * i
        space[at:at + len(cap)] = cap
        if i + 1 < len(chain):
            struct.pack_into("<H", space, at + 2, 1 | (at + 0x40) << 4)
    return bytes(space)


class Tree:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.write("proc/cpuinfo", CPUINFO)
        self.write("proc/interrupts", INTERRUPTS)
        self.write("proc/self/limits", LIMITS.format(64 << 30))
        self.write("proc/meminfo", "MemTotal:       33554432 kB\n")
        self.write("proc/cmdline", "root=/dev/sda1 intel_iommu=on\n")
        self.write("proc/iomem", "c0000000-cfffffff : 0000:01:00.0\n")
        self.write("proc/sys/kernel/osrelease", "6.1.0-18-amd64\n")
        self.write("lib/modules/6.1.0-18-amd64/modules.alias",
                   "alias pci:v000010DEd*sv*sd*bc03sc*i* nouveau\n")
        self.write("dev/kvm", "")
        self.write("sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "N\n")
        self.write("sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "N\n")
        self.write("sys/module/vfio_iommu_type1/parameters/dma_entry_limit", "65535\n")
        self.write("sys/module/vfio_pci/parameters/disable_idle_d3", "N\n")
        self.write("sys/bus/pci/drivers/vfio-pci/new_id", "")
        self.write("sys/class/iommu/dmar0/intel-iommu/cap", "d2008c40660462\n")
        self.write("sys/class/iommu/dmar0/intel-iommu/ecap", "f050da\n")
        self.pages(4096, 4096)
        self.device("0000:00:00.0", config(0x8086, 0x3EC2, 0x060000), 0)
        self.device(PORT, config(0x8086, 0x1901, 0x060400, kind=4, buses=(0, 1, 1), acs=True,
                                 window=(0xC0000000, 0xDFFFFFFF)), 1, driver="pcieport")
        self.device(IGPU, config(0x8086, 0x3E92, 0x030000, kind=9), 2, driver="i915", boot_vga="1")
        self.device(GPU, config(0x10DE, 0x2204, 0x030000, multi=True, rebar=(0x1C0, 8)), 3,
                    under=PORT, driver="vfio-pci", boot_vga="0", bars=[(0, 0), (0xC0000000, 1 << 28)],
                    files={"reset_method": "flr bus", "d3cold_allowed": "0",
                           "power/control": "on", "power_state": "D0"})
        self.device(SOUND, config(0x10DE, 0x1AEF, 0x040300, multi=True), 3, under=PORT,
                    driver="vfio-pci", files={"reset_method": "flr bus", "d3cold_allowed": "0",
                                              "power/control": "on", "power_state": "D0"})

    def write(self, path, text):
        path = self.root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, bytes):
            path.write_bytes(text)
        else:
            path.write_text(text)

    def remove(self, path):
        (self.root / path).unlink()

    def link(self, path, target):
        path = self.root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            path.unlink()
        path.symlink_to(target)

    def directory(self, address):
        return (self.root / DEVICES / address).resolve().relative_to(self.root.resolve())

    def device(self, address, space, group, *, under=None, driver=None, boot_vga=None, bars=(),
               files=None):
        parent = self.directory(under) if under else pathlib.Path("sys/devices/pci0000:00")
        directory = parent / address
        vendor, device = struct.unpack_from("<HH", space)
        lines = [(s, s + n - 1, 0x14220C) if n else (0, 0, 0) for s, n in bars]
        lines = (lines + [(0, 0, 0)] * 13)[:13]
        self.write(directory / "config", space)
        self.write(directory / "vendor", f"{vendor:#06x}\n")
        self.write(directory / "device", f"{device:#06x}\n")
        self.write(directory / "class", f"{int.from_bytes(space[9:12], 'little'):#08x}\n")
        self.write(directory / "resource",
                   "".join(f"{a:#018x} {b:#018x} {c:#018x}\n" for a, b, c in lines))
        if boot_vga:
            self.write(directory / "boot_vga", boot_vga + "\n")
        for name, text in (files or {}).items():
            self.write(directory / name, text + "\n")
        self.link(f"{DEVICES}/{address}", "../../../devices/" +
                  str(directory.relative_to("sys/devices")))
        self.bind(address, driver)
        self.link(directory / "iommu_group",
                  os.path.relpath(f"sys/kernel/iommu_groups/{group}", directory))
        regions = f"sys/kernel/iommu_groups/{group}/reserved_regions"
        self.write(regions, "0x00000000fee00000 0x00000000feefffff msi\n")

    def bind(self, address, driver):
        link = self.directory(address) / "driver"
        if (self.root / link).is_symlink():
            self.remove(link)
        if driver:
            self.link(link, os.path.relpath(f"sys/bus/pci/drivers/{driver}", link.parent))

    def set(self, address, name, text):
        """A file in a device's directory; None takes it away."""
        if text is None:
            self.remove(self.directory(address) / name)
        else:
            self.write(self.directory(address) / name, text + "\n" if isinstance(text, str) else text)

    def pages(self, total, free):
        directory = "sys/kernel/mm/hugepages/hugepages-2048kB"
        self.write(f"{directory}/nr_hugepages", f"{total}\n")
        self.write(f"{directory}/free_hugepages", f"{free}\n")

    def process(self, pid, name, opened=None):
        self.write(f"proc/{pid}/comm", name + "\n")
        (self.root / f"proc/{pid}/fd").mkdir()
        if opened:
            self.link(f"proc/{pid}/fd/3", opened)
