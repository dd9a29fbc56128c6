# SPDX-License-Identifier: GPL-2.0-or-later
"""USB devices of a fake captured host (hosttree.py): a keyboard that the host uses, a stick that is mounted, a
mouse behind a hub, a stick that a program has, and one that says what no device should."""

ROOT = "sys/devices/pci0000:00/0000:00:14.0/usb3"
BUS = "sys/bus/usb/devices"
KEYBOARD, MOUSE, HOSTILE = "3-1", "3-2.4", "3-5"


def add(tree, port, ids, number, *, names=("", "", ""), speed="12", kind="00", interfaces=()):
    """interfaces: class, subclass and protocol, and the driver."""
    above = ROOT + (f"/{port.rsplit('.', 1)[0]}" if "." in port else "")
    directory = f"{above}/{port}"
    vendor, product = ids.split(":")
    values = {"idVendor": vendor, "idProduct": product, "busnum": "3", "devnum": number, "speed": speed,
              "bDeviceClass": kind, "bConfigurationValue": "1", "manufacturer": names[0],
              "product": names[1], "serial": names[2]}
    for name, value in values.items():
        if value:
            tree.write(f"{directory}/{name}", f"{value}\n")
    tree.link(f"{BUS}/{port}", f"../../../../{directory}")
    for n, (triple, driver) in enumerate(interfaces):
        at = f"{directory}/{port}:1.{n}"
        for name, value in zip(("bInterfaceNumber", "bInterfaceClass", "bInterfaceSubClass",
                                "bInterfaceProtocol"), (f"{n:02x}", *triple.split("/"))):
            tree.write(f"{at}/{name}", f"{value}\n")
        tree.link(f"{BUS}/{port}:1.{n}", f"../../../../{at}")
        if driver:
            tree.link(f"{at}/driver", f"../../../../../../bus/usb/drivers/{driver}")
    return directory


def make(tree):
    tree.write(f"{ROOT}/idVendor", "1d6b\n")
    tree.link(f"{BUS}/usb3", f"../../../../{ROOT}")
    add(tree, KEYBOARD, "046d:c31c", "2", names=("Logitech", "USB Keyboard", ""),
        interfaces=[("03/01/01", "usbhid"), ("03/00/00", "usbhid")])
    add(tree, "3-2", "05e3:0608", "3", names=("", "USB2.0 Hub", ""), speed="480", kind="09",
        interfaces=[("09/00/00", "hub")])
    add(tree, MOUSE, "046d:c077", "4", names=("Logitech", "Logitech Mouse", ""), speed="1.5",
        interfaces=[("03/01/02", "usbhid")])
    stick = add(tree, "3-3", "0781:5581", "5", names=("SanDisk", "Ultra", "4C53"), speed="480",
                interfaces=[("08/06/50", "usb-storage")])
    part = f"{stick}/3-3:1.0/host6/target6:0:0/6:0:0:0/block/sdb/sdb1"
    tree.write(f"{part}/dev", "8:17\n")
    tree.link("sys/class/block/sdb1", f"../../../{part}")
    tree.write("proc/self/mountinfo", "30 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
                                      "44 30 8:17 / /media/stick rw - vfat /dev/sdb1 rw\n")
    tree.write("proc/swaps", "Filename Type Size Used Priority\n")
    add(tree, "3-4", "0781:5581", "6", names=("SanDisk", "Ultra", "4C54"), speed="480",
        interfaces=[("08/06/50", "usbfs")])
    add(tree, HOSTILE, "dead:beef", "7", names=("\x1b[2J" + "x" * 300, "", "\x07"), speed="9" * 100,
        kind="zz", interfaces=[("ff/ff/ff", None)] * 40)
    add(tree, "3-6", "046d:c077", "8", speed="1.5", interfaces=[("03/01/02", None)])
    return tree
