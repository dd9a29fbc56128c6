# SPDX-License-Identifier: GPL-2.0-or-later
"""One fake host in every form that people paste, and what happens to texts on their way."""
import random
import re
import textwrap

# address, class words, class, maker, name, ids, revision, driver, group, lines of -v
DEVICES = [
    ("00:00.0", "Host bridge", "0600", "Intel Corporation",
     "Comet Lake-S 6c Host Bridge/DRAM Controller", "8086:9b33", "05", None, 0, None),
    ("00:01.0", "PCI bridge", "0604", "Intel Corporation",
     "6th-10th Gen Core Processor PCIe Controller (x16)", "8086:1901", "05", "pcieport", 1, "01"),
    ("00:14.0", "USB controller", "0c03", "Intel Corporation",
     "Tiger Lake-H USB 3.2 Gen 2x1 xHCI Host Controller", "8086:43ed", "11", "xhci_hcd", 2, None),
    ("00:14.2", "RAM memory", "0500", "Intel Corporation", "Tiger Lake-H Shared SRAM",
     "8086:43ef", "11", None, 2, None),
    ("00:1b.0", "PCI bridge", "0604", "Intel Corporation",
     "Tiger Lake-H PCI Express Root Port #17", "8086:43c0", "11", "pcieport", 7, "02"),
    ("01:00.0", "VGA compatible controller", "0300", "NVIDIA Corporation",
     "GA104 [GeForce RTX 3070 Ti]", "10de:2482", "a1", "vfio-pci", 1, None),
    ("01:00.1", "Audio device", "0403", "NVIDIA Corporation",
     "GA104 High Definition Audio Controller", "10de:228b", "a1", "vfio-pci", 1, None),
    ("02:00.0", "Non-Volatile memory controller", "0108", "Samsung Electronics Co Ltd",
     "NVMe SSD Controller SM981/PM981/PM983", "144d:a808", "00", "nvme", 12, None),
]


def by_group(devices):
    groups = {}
    for device in devices:
        groups.setdefault(device[8], []).append(device)
    return sorted(groups.items())


def head(d):
    return f"{d[0]} {d[1]} [{d[2]}]: {d[3]} {d[4]} [{d[5]}] (rev {d[6]})"


def nn(devices):
    return "".join(head(d) + "\n" for d in devices)


def details(d, indent="\t"):
    text = f"{indent}Subsystem: Gigabyte Technology Co., Ltd Device [1458:1000]\n"
    if d[7]:
        text += f"{indent}Kernel driver in use: {d[7]}\n"
    return text


def nnk(devices):
    return "".join(head(d) + "\n" + details(d) for d in devices)


def verbose(devices):
    text = ""
    for d in devices:
        text += head(d) + "\n\tSubsystem: Gigabyte Technology Co., Ltd Device [1458:1000]\n"
        text += f"\tFlags: bus master, fast devsel, latency 0, IRQ 16, IOMMU group {d[8]}\n"
        if d[9]:
            text += f"\tBus: primary=00, secondary={d[9]}, subordinate={d[9]}, sec-latency=0\n"
        text += "\tCapabilities: <access denied>\n"
        if d[7]:
            text += f"\tKernel driver in use: {d[7]}\n"
        text += "\n"
    return text


def very_verbose(devices):
    text = ""
    for d in devices:
        text += head(d) + "\n\tControl: I/O+ Mem+ BusMaster+ SpecCycle- MemWINV-\n"
        text += "\tStatus: Cap+ 66MHz- UDF- FastB2B- ParErr- DEVSEL=fast >TAbort-\n"
        text += f"\tIOMMU group: {d[8]}\n"
        if d[9]:
            text += f"\tBus: primary=00, secondary={d[9]}, subordinate={d[9]}, sec-latency=0\n"
        text += "\tCapabilities: [40] Power Management version 3\n"
        text += "\t\tFlags: PMEClk- DSI- D1- D2- AuxCurrent=0mA PME(D0-,D1-,D2-,D3hot-)\n"
        text += "\t\tStatus: D0 NoSoftRst+ PME-Enable- DSel=0 DScale=0 PME-\n"
        if d[7]:
            text += f"\tKernel driver in use: {d[7]}\n"
        text += "\n"
    return text


def mm(devices):
    def one(d):
        maker, number = d[5].split(":")
        return (f'{d[0]} "{d[1]} [{d[2]}]" "{d[3]} [{maker}]" "{d[4]} [{number}]" -r{d[6]} '
                '"Gigabyte Technology Co., Ltd [1458]" "Device [1000]"\n')
    return "".join(map(one, devices))


def vmm(devices):
    text = ""
    for d in devices:
        maker, number = d[5].split(":")
        text += (f"Slot:\t{d[0]}\nClass:\t{d[1]} [{d[2]}]\nVendor:\t{d[3]} [{maker}]\n"
                 f"Device:\t{d[4]} [{number}]\nSVendor:\tGigabyte [1458]\nSDevice:\tDevice [1000]\n"
                 f"Rev:\t{d[6]}\n")
        if d[7]:
            text += f"Driver:\t{d[7]}\n"
        text += f"IOMMUGroup:\t{d[8]}\n\n"
    return text


def headings(devices):
    return "".join(f"IOMMU Group {g}:\n" + "".join(f"\t{head(d)}\n" for d in ds)
                   for g, ds in by_group(devices))


def headings_details(devices):
    return "".join(f"IOMMU Group {g}:\n" + "".join(f"\t{head(d)}\n" + details(d, "\t\t")
                                                    for d in ds)
                   for g, ds in by_group(devices))


def headings_plain(devices):
    return "".join(f"IOMMU GROUP {g}\n" + "".join(f"({g}) {head(d)}\n" for d in ds)
                   for g, ds in by_group(devices))


def inline(devices):
    return "".join(f"IOMMU Group {d[8]} {head(d)}\n" for d in devices)


def dashes(devices):
    return "".join(f"Group {d[8]} - {head(d)}\n" for d in devices)


def unraid(devices):
    return "".join(f"IOMMU group {d[8]}:\t[{d[5]}] {d[0]} {d[1]}: {d[3]} {d[4]} (rev {d[6]})\n"
                   for d in devices)


def ls_iommu(devices):
    text = ""
    for g, ds in by_group(devices):
        for i, d in enumerate(ds):
            lead = f"Group {g}:\t" if i == 0 else "\t\t"
            text += f"{lead}[{d[5]}] [R] {d[0]}  {d[1]:<40} {d[4]}\n"
    return text


def find(devices):
    return "".join(f"/sys/kernel/iommu_groups/{d[8]}/devices/0000:{d[0]}\n" for d in devices)


def ls(devices):
    return "\n".join(f"/sys/kernel/iommu_groups/{g}/devices:\n"
                     + "  ".join("0000:" + d[0] for d in ds) + "\n"
                     for g, ds in by_group(devices))


def ls_long(devices):
    def one(d):
        way = "" if d[0].startswith("00:") else (
            "0000:00:01.0/" if d[0].startswith("01:") else "0000:00:1b.0/")
        return (f"lrwxrwxrwx 1 root root 0 Nov 30 12:00 0000:{d[0]} -> "
                f"../../../../devices/pci0000:00/{way}0000:{d[0]}\n")
    return "\n".join(f"/sys/kernel/iommu_groups/{g}/devices:\ntotal 0\n" + "".join(map(one, ds))
                     for g, ds in by_group(devices))


def tree(devices):
    text = "/sys/kernel/iommu_groups\n"
    for g, ds in by_group(devices):
        text += f"├── {g}\n│   ├── devices\n"
        text += "".join(f"│   │   ├── 0000:{d[0]} -> ../../../../devices/pci0000:00/0000:{d[0]}\n"
                        if d[0].startswith("00:") else f"│   │   ├── 0000:{d[0]}\n" for d in ds)
        text += "│   ├── reserved_regions\n│   └── type\n"
    return text


def dmesg(devices):
    return "".join(f"[    4.5000{i:02}] pci 0000:{d[0]}: Adding to iommu group {d[8]}\n"
                   for i, d in enumerate(devices))


def journal(devices):
    return "".join(f"Nov 30 13:29:31 box kernel: pci 0000:{d[0]}: Adding to iommu group {d[8]}\n"
                   "Nov 30 13:29:31 box kernel: audit: type=2000 audit(1.0:1): state=initialized\n"
                   for d in devices)


def old_dmesg(devices):
    return "".join(f"[    1.2] iommu: Adding device 0000:{d[0]} to group {d[8]}\n"
                   for d in devices)


def proxmox(devices):
    text = "│ class    │ device │ id           │ iommugroup │ vendor │ device_name │\n"
    text += "╞══════════╪════════╪══════════════╪════════════╪════════╪═════════════╡\n"
    for d in devices:
        maker, number = d[5].split(":")
        text += (f"│ 0x{d[2]}00 │ 0x{number} │ 0000:{d[0]} │ {d[8]:>10} │ 0x{maker} │ "
                 f"{d[4]} │\n")
    return text


def markdown(devices):
    return "| Group | Address | Driver |\n|---|---|---|\n" + "".join(
        f"| {d[8]} | 0000:{d[0]} | {d[7] or '-'} |\n" for d in devices)


def xml(devices):
    return "".join(f"    <iommuGroup number='{g}'>\n" + "".join(
        f"      <address domain='0x0000' bus='0x{d[0][:2]}' slot='0x{d[0][3:5]}' "
        f"function='0x{d[0][6]}'/>\n" for d in ds) + "    </iommuGroup>\n"
        for g, ds in by_group(devices))


def driverctl(devices):
    return "".join(f"0000:{d[0]} {d[7] or '(none)'}{' [*]' if d[7] == 'vfio-pci' else ''}\n"
                   for d in devices)


# Form -> the facts that it shows.
SHAPES = {
    nn: {"ids"}, nnk: {"ids", "driver"}, verbose: {"ids", "driver", "group"},
    very_verbose: {"ids", "driver", "group"}, mm: {"ids"}, vmm: {"ids", "driver", "group"},
    headings: {"ids", "group"}, headings_details: {"ids", "group", "driver"},
    headings_plain: {"ids", "group"}, inline: {"ids", "group"}, dashes: {"ids", "group"},
    unraid: {"ids", "group"}, ls_iommu: {"ids", "group"}, find: {"group"}, ls: {"group"},
    ls_long: {"group"}, tree: {"group"}, dmesg: {"group"}, journal: {"group"},
    old_dmesg: {"group"}, proxmox: {"ids", "group"}, markdown: {"group", "driver"},
    xml: {"group"}, driverctl: {"driver"},
}

# Lines with marks of their own, which other decorations would destroy.
DRAWN = {tree, proxmox, markdown, xml}


def lines(change):
    return lambda text: "".join(change(line) + "\n" for line in text.splitlines())


def wrapped(text):
    """Wraps lines as mail programs do: words stay whole, and continuation lines begin at the
    margin."""
    out = []
    for line in text.splitlines():
        pieces = textwrap.wrap(line.expandtabs(8), 74, break_long_words=False,
                               break_on_hyphens=False, drop_whitespace=True) or [""]
        lead = re.match(r"\s*", line)[0]
        out += [lead + pieces[0].lstrip()] + [piece.lstrip() for piece in pieces[1:]]
    return "\n".join(out) + "\n"


DRESSES = {
    "plain": lambda t: t,
    "quoted": lines(lambda x: "> " + x),
    "quoted-twice": lines(lambda x: ">> " + x),
    "crlf": lambda t: t.replace("\n", "\r\n"),
    "bom": lambda t: "\ufeff" + t,
    "utf16": lambda t: ("\ufeff" + t).encode("utf-16-le"),
    "utf16-be": lambda t: ("\ufeff" + t).encode("utf-16-be"),
    "nbsp": lambda t: t.replace("\t", "    ").replace("  ", " \xa0"),
    "colours": lambda t: re.sub(r"(?m)([0-9a-f]{2}:[0-9a-f]{2}\.[0-7])(?= )",
                                "\x1b[33m\\1\x1b[0m", t),
    "lost-escapes": lambda t: re.sub(r"(?m)([0-9a-f]{2}:[0-9a-f]{2}\.[0-7])(?= )",
                                     "[1;32m\\1[0m", t),
    "numbers": lambda t: "".join(f"{i:6}\t{x}\n" for i, x in enumerate(t.splitlines(), 1)),
    "numbers-colon": lambda t: "".join(f"{i}:{x}\n" for i, x in enumerate(t.splitlines(), 7)),
    "indented": lines(lambda x: "    " + x),
    "fenced": lambda t: "```\n" + t + "```\n",
    "entities": lambda t: t.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
    "double-spaced": lambda t: re.sub(r"\n+", "\n", t).replace("\n", "\n\n"),
    "diff": lambda t: "--- a\n+++ b\n@@ -1,2 +1,9 @@\n-00:00.0 Host bridge [0600]: Old [1234:1]\n"
            + lines(lambda x: "+" + x)(t),
    "letter": lambda t: "Hi all,\n\nmy card does not work at 12:34.5, see:\n\n" + t
              + "\nThanks for any help!\n-- \nJoe\n",
    "prompt": lambda t: "root@box:~# ./script.sh\n" + t + "root@box:~# \n",
    "wrapped": wrapped,
}


def dressed(dress, shape, devices):
    return DRESSES[dress](shape(devices))


def fits(dress, shape):
    """Whether the decoration leaves the text readable; a drawn table, for example, cannot be told
    from quote marks."""
    if dress == "wrapped":
        return shape not in DRAWN | {ls_iommu, ls_long, vmm}
    if dress in ("double-spaced",):
        return shape not in {vmm, ls, ls_long, tree, proxmox, markdown}
    if dress in ("nbsp",):
        return shape is not ls_iommu
    return True


def as_bytes(text):
    return text if isinstance(text, bytes) else text.encode()


def expected(shapes_of):
    """What (form, devices) pairs show together: address -> fact -> value."""
    facts = {}
    for shape, devices in shapes_of:
        for d in devices:
            one = facts.setdefault("0000:" + d[0], {})
            if "ids" in SHAPES[shape]:
                one["ids"] = d[5]
            if "group" in SHAPES[shape]:
                one["group"] = d[8]
            if "driver" in SHAPES[shape]:
                one["driver"] = d[7]
    return facts


def some_mixtures(seed, count):
    """Two forms of the host, complete or in part, one after the other."""
    rng = random.Random(seed)
    for _ in range(count):
        a, b = rng.sample(list(SHAPES), 2)
        cut = rng.randrange(len(DEVICES))
        parts = rng.choice([(DEVICES, DEVICES), (DEVICES[:cut], DEVICES), (DEVICES, DEVICES[cut:]),
                            (DEVICES[:cut], DEVICES[cut:])])
        between = rng.choice(["", "\n", "\nand this:\n\n", "\n$ lspci\n", "\n---\n"])
        yield [(a, parts[0]), (b, parts[1])], between
