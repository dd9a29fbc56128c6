// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads the kernel's boot messages, with the time stamps of dmesg or the journal: groups, ids,
 * bridges, the IOMMU, interrupt remapping, the boot display, the command line.
 */
#include <string.h>

#include "host/scan/text/split.h"

static bool addr_in(struct span line, struct pci_addr *addr, struct span *rest)
{
	size_t len, at = text_find_addr(line, 0, addr, &len);

	if (!len)
		return false;
	*rest = span_from(line, at + len);
	return true;
}

static struct host_dev *device(struct splitter *s, struct pci_addr addr)
{
	split_end_record(s);
	return split_listing(s, LISTING_KERNEL) ? split_device(s, addr) : NULL;
}

/* "pci 0000:01:00.0: Adding to iommu group 1", "iommu: Adding device 0000:01:00.0 to group 1" */
static enum took take_group(struct splitter *s, struct span line)
{
	struct span number = span_after(line, "Adding to iommu group "), rest;
	struct pci_addr addr;
	struct host_dev *dev;
	u64 group;

	if (!number.len && span_has(line, "Adding device "))
		number = span_after(line, " to group ");
	if (!span_number(number, 10, 6, &group) || !addr_in(line, &addr, &rest))
		return TOOK_NOT;
	dev = device(s, addr);
	if (dev) {
		dev->group = group;
		dev->known |= HOST_GROUP;
	}
	return TOOK_IT;
}

/* Reads the device type, which kernels since 6.10 print after the class. */
static void take_type(struct host_dev *dev, struct span rest)
{
	static const struct {
		const char *words;
		int type;
	} types[] = {
		{ "PCIe Endpoint", 0 },
		{ "PCIe Legacy Endpoint", 1 },
		{ "PCIe Root Port", 4 },
		{ "PCIe Switch Upstream Port", 5 },
		{ "PCIe Switch Downstream Port", 6 },
		{ "PCIe to PCI/PCI-X bridge", 7 },
		{ "PCI/PCI-X to PCIe bridge", 8 },
		{ "PCIe Root Complex Integrated Endpoint", 9 },
		{ "PCIe Root Complex Event Collector", 10 },
		{ "conventional PCI", HOST_NONE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		if (!span_has(rest, types[i].words))
			continue;
		dev->pcie_type = types[i].type;
		dev->known |= HOST_PCIE;
		return;
	}
}

/* "pci 0000:01:00.0: [10de:2482] type 00 class 0x030000 PCIe Legacy Endpoint" */
static enum took take_found(struct splitter *s, struct span line)
{
	struct span rest, class;
	struct pci_addr addr;
	struct host_dev *dev;
	u16 vendor, id;
	u64 number;

	if (!span_has(line, "] type ") || !addr_in(line, &addr, &rest) ||
		!span_skip(&rest, ": [") || rest.len < 10 || rest.at[4] != ':' ||
		!text_hex16((struct span){ rest.at, 4 }, &vendor) ||
		!text_hex16((struct span){ rest.at + 5, 4 }, &id))
		return TOOK_NOT;
	dev = device(s, addr);
	if (!dev)
		return TOOK_IT;
	dev->vendor = vendor;
	dev->device = id;
	dev->known |= HOST_IDS;
	class = span_after(rest, "class 0x");
	if (span_number(class, 16, 6, &number) == 6) {
		dev->class = number;
		dev->known |= HOST_CLASS;
		dev->bridge = dev->class >> 8 == 0x0604 || dev->class >> 8 == 0x0607;
		dev->header = dev->bridge;
	}
	take_type(dev, class);
	return TOOK_IT;
}

/* "pci 0000:00:01.0: PCI bridge to [bus 01]", "... to [bus 02-05]" */
static enum took take_bridge(struct splitter *s, struct span line)
{
	struct span rest, buses = span_after(line, "PCI bridge to [bus ");
	u64 first, last;
	struct pci_addr addr;
	struct host_dev *dev;

	if (span_number(buses, 16, 2, &first) != 2 || !addr_in(line, &addr, &rest))
		return TOOK_NOT;
	if (span_number(span_from(buses, 3), 16, 2, &last) != 2 || buses.at[2] != '-')
		last = first;
	dev = device(s, addr);
	if (!dev)
		return TOOK_IT;
	dev->bridge = true;
	dev->header = 1;
	dev->secondary = first;
	dev->subordinate = last;
	dev->known |= HOST_BUSES;
	return TOOK_IT;
}

/* "vgaarb: setting as boot VGA device", "vgaarb: setting as boot device: PCI:0000:01:00.0" */
static enum took take_display(struct splitter *s, struct span line)
{
	bool shadow = span_has(line, "Video device with shadowed ROM");
	struct pci_addr addr;
	struct span rest;
	struct host_dev *dev;

	if (!shadow && !span_has(line, "setting as boot"))
		return TOOK_NOT;
	if (!addr_in(line, &addr, &rest))
		return TOOK_NOT;
	dev = device(s, addr);
	if (dev) {
		dev->boot_vga = true;
		dev->known |= HOST_BOOT_VGA;
	}
	return TOOK_IT;
}

/*
 * Reads Intel's and AMD's messages that a device must keep the memory that firmware reserves for
 * it.
 */
static enum took take_refused(struct splitter *s, struct span line)
{
	struct pci_addr addr;
	struct span rest;
	struct host_dev *dev;

	if (!span_has(line, "ineligible for IOMMU domain attach") &&
		!span_has(line, "1:1 IOMMU mapping"))
		return TOOK_NOT;
	if (!addr_in(line, &addr, &rest))
		return TOOK_NOT;
	dev = device(s, addr);
	if (dev)
		dev->rmrr_refused = true;
	return TOOK_IT;
}

static const char *hypervisor_in(struct splitter *s, struct span line)
{
	struct span name = span_after(line, "Hypervisor detected: ");

	if (name.len)
		return split_keep(s, name);
	if (span_has(line, "Booting paravirtualized kernel on Xen") ||
		span_has(line, "Booting kernel on Xen") || span_has(line, " Xen version: ") ||
		span_has(line, "Xen: using vcpu") || span_has(line, "xen:events:"))
		return "Xen";
	if (span_has(line, "Booting paravirtualized kernel on KVM"))
		return "KVM";
	return NULL;
}

/* Reads messages that concern the whole host. */
static enum took take_host(struct splitter *s, struct span line)
{
	struct reading *reading = s->reading;
	const char *hypervisor = hypervisor_in(s, line);

	if (hypervisor)
		reading->hypervisor = hypervisor;
	else if (span_has(line, "Enabled IRQ remapping in x") ||
		 span_has(line, "AMD-Vi: Interrupt remapping enabled"))
		reading->remapping = split_keep(s, line);
	else if (span_has(line, "DMAR: IOMMU enabled") ||
		 span_has(line, "DMAR: Intel(R) Virtualization Technology for Directed I/O") ||
		 span_has(line, "AMD-Vi: AMD IOMMUv2") || span_has(line, "AMD-Vi: Found IOMMU") ||
		 span_has(line, "iommu: Default domain type"))
		reading->iommu_on = split_keep(s, line);
	else if (span_has(line, "No DMAR devices found") ||
		 span_has(line, "AMD-Vi: Disabled due to") ||
		 span_has(line, "AMD-Vi: AMD IOMMU disabled"))
		reading->iommu_off = split_keep(s, line);
	else if (!span_has(line, "DMAR:") && !span_has(line, "DMAR-IR:") &&
		 !span_has(line, "AMD-Vi:") && !span_has(line, "vgaarb:") &&
		 !span_has(line, "vfio"))
		return TOOK_NOT;
	split_end_record(s);
	split_listing(s, LISTING_KERNEL);
	return TOOK_IT;
}

/* "Command line: BOOT_IMAGE=... intel_iommu=on", and /proc/cmdline by itself */
static enum took take_command_line(struct splitter *s, struct span line)
{
	struct span text = span_after(line, "ommand line: ");

	if (!text.len && span_starts(line, "BOOT_IMAGE="))
		text = line;
	if (!text.len || (text.at != line.at && !span_has(text, "=")))
		return TOOK_NOT;
	split_end_record(s);
	split_listing(s, LISTING_KERNEL);
	if (text.len < 4096)
		s->raw->cmdline = host_string(s->raw, text.at, text.len);
	return TOOK_IT;
}

/* Begins a new listing when a kernel boots, because what an earlier boot found no longer holds. */
static void begin_boot(struct splitter *s)
{
	split_end_listing(s);
	split_listing(s, LISTING_KERNEL);
}

/* "[    4.500000] ", "... kernel: " */
static bool has_time(struct span line)
{
	u64 number;
	struct span rest = line;

	if (span_has(line, " kernel: "))
		return true;
	if (!span_skip(&rest, "["))
		return false;
	rest = span_trim(rest);
	rest = span_from(rest, span_number(rest, 10, 9, &number));
	return rest.len && rest.at[0] == '.';
}

enum took kernel_line(struct splitter *s, struct span line)
{
	if (has_time(line) && span_has(line, "Linux version ")) {
		begin_boot(s);
		return TOOK_IT;
	}
	if (!memchr(line.at, ':', line.len) && !span_starts(line, "BOOT_IMAGE="))
		return TOOK_NOT;
	if (take_group(s, line) || take_command_line(s, line))
		return TOOK_IT;
	/* Read the other messages only if the line is clearly the kernel's. */
	if (!has_time(line) && !span_starts(line, "pci 0") && !span_starts(line, "DMAR") &&
		!span_starts(line, "AMD-Vi") && !span_starts(line, "vfio") &&
		!span_starts(line, "vgaarb"))
		return TOOK_NOT;
	if (take_found(s, line) || take_bridge(s, line) || take_display(s, line) ||
		take_refused(s, line))
		return TOOK_IT;
	return take_host(s, line);
}
