// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/facts/host.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "host/facts/class.h"

void *host_alloc(struct host *host, size_t size)
{
	return arena_alloc(&host->memory, size);
}

void *host_grow(struct host *host, void *list, size_t nr, size_t size)
{
	return arena_grow(&host->memory, list, nr, size);
}

/* The length of the UTF-8 character at @text, 0 if it is invalid or not printable. */
static size_t shown(const u8 *text, size_t len)
{
	size_t more = text[0] >= 0xf0 ? 3 : text[0] >= 0xe0 ? 2 : 1;
	u32 code;

	if (text[0] < 0x80)
		return text[0] >= 0x20 && text[0] != 0x7f;
	if (text[0] < 0xc2 || text[0] > 0xf4 || more >= len)
		return 0;
	code = text[0] & (0x3f >> more);
	for (size_t i = 1; i <= more; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (text[i] & 0x3f);
	}
	/* Reject overlong encodings, surrogates and control characters. */
	if ((more == 2 && code < 0x800) || (more == 3 && (code < 0x10000 || code > 0x10ffff)) ||
		(code >= 0xd800 && code < 0xe000) || code < 0xa0)
		return 0;
	return 1 + more;
}

const char *host_string(struct host *host, const char *text, size_t len)
{
	char *copy = host_alloc(host, len + 1);

	if (!copy)
		return NULL;
	for (size_t i = 0; i < len;) {
		size_t n = shown((const u8 *)text + i, len - i);

		if (n)
			memcpy(copy + i, text + i, n);
		else
			copy[i] = '?';
		i += n ? n : 1;
	}
	copy[len] = '\0';
	return copy;
}

const char *host_text(struct host *host, const char *text)
{
	return text ? host_string(host, text, strlen(text)) : NULL;
}

struct host_dev *host_add(struct host *host, struct pci_addr addr)
{
	struct host_dev *dev;

	if (array_room(host->devs, host->count, 1))
		return NULL;
	dev = &host->devs[host->count++];
	*dev = (struct host_dev){
		.addr = addr,
		.pcie_type = HOST_NONE,
		.group = HOST_NONE,
		.numa = HOST_NONE,
		.parent = HOST_NONE,
		.child = HOST_NONE,
		.next = HOST_NONE,
		.physfn = HOST_NONE,
		.dma_dev = HOST_NONE,
	};
	return dev;
}

int host_find(const struct host *host, struct pci_addr addr)
{
	unsigned low = 0, high = host->count;

	while (low < high) {
		unsigned mid = low + (high - low) / 2;
		int order = pci_addr_cmp(host->devs[mid].addr, addr);

		if (order == 0)
			return mid;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return HOST_NONE;
}

void host_adopt(struct host *host, struct host *other)
{
	arena_adopt(&host->memory, &other->memory);
}

void host_close(struct host *host)
{
	arena_close(&host->memory);
	free(host->devs);
	*host = (struct host){ 0 };
}

static bool is_class(const struct host_dev *dev, unsigned class)
{
	return dev->class >> 8 == class;
}

/* Whether the two are graphics and sound of the same vendor, in either order. */
static bool is_display_and_sound(const struct host_dev *a, const struct host_dev *b)
{
	return (host_is_gpu(a) && is_class(b, CLASS_AUDIO)) ||
	       (host_is_gpu(b) && is_class(a, CLASS_AUDIO));
}

/*
 * Parts of a processor or a chipset, which on root buses share a device number with unrelated
 * functions.
 */
static bool is_system(const struct host_dev *dev)
{
	unsigned base = dev->class >> 16;

	return base == CLASS_BASE_BRIDGE || base == 0x05 || base == 0x08 || base == 0x11 ||
	       base == 0x13;
}

bool host_same_card(const struct host *host, const struct host_dev *a, const struct host_dev *b)
{
	const struct host_dev *above = host_parent(host, a);

	if (!pci_addr_same_slot(a->addr, b->addr) || a->vf || b->vf)
		return false;
	if (above && above->has_slot)
		return true;
	if (a->vendor != b->vendor)
		return false;
	if (above || is_display_and_sound(a, b))
		return true;
	/* No bridge leads to this bus: it is a root bus, or the record of the bridge is missing. */
	if (a->addr.bus == 0 || a->on_root_bus || (host_knows(a, HOST_PCIE) && !a->parent_missing))
		return false;
	return !is_system(a) && !is_system(b);
}

bool host_members_known(const struct host *host, const struct host_dev *dev)
{
	if (!host_knows(dev, HOST_GROUP))
		return false;
	if (host_knows(dev, HOST_MEMBERS))
		return true;
	for (unsigned steps = 0; dev && steps < 256; steps++) {
		if (dev->parent_missing || !host_knows(dev, HOST_PCIE | HOST_ACS))
			return false;
		dev = host_parent(host, dev);
	}
	return true;
}

bool host_shows_root(const struct host *host)
{
	return host->source != HOST_LSPCI ||
	       (host->count && !host->devs[0].addr.domain && !pci_addr_rid(host->devs[0].addr));
}

bool host_is_gpu(const struct host_dev *dev)
{
	return dev->class >> 16 == CLASS_BASE_DISPLAY;
}

bool host_is_card(const struct host_dev *dev)
{
	return host_is_gpu(dev) || dev->class >> 16 == CLASS_BASE_ACCELERATOR;
}

bool host_is_nvswitch(const struct host_dev *dev)
{
	return is_class(dev, CLASS_BRIDGE_OTHER) && dev->vendor == 0x10de && !dev->bridge;
}

static bool sleeps(const struct host_dev *dev)
{
	return dev->power_state && !strncmp(dev->power_state, "D3", 2);
}

bool host_is_asleep(const struct host *host, const struct host_dev *dev)
{
	const struct host_dev *above = host_parent(host, dev);

	return dev->removed && (sleeps(dev) || (above && sleeps(above)));
}

bool host_may_sleep(const struct host *host, const struct host_dev *dev)
{
	const struct host_dev *above = host_parent(host, dev);

	if (!dev->removed || host->source != HOST_LSPCI || host_is_asleep(host, dev))
		return false;
	return !host_knows(dev, HOST_POWER) && !(above && host_knows(above, HOST_POWER));
}

static bool is_thunderbolt(const struct host_dev *dev)
{
	static const struct {
		u16 vendor, first, last;
	} ids[] = {
		{ 0x8086, 0x1513, 0x151a }, /* Light Ridge to Cactus Ridge */
		{ 0x8086, 0x1547, 0x1549 },
		{ 0x8086, 0x1566, 0x156d }, /* Redwood Ridge, Falcon Ridge */
		{ 0x8086, 0x1575, 0x1578 }, /* Alpine Ridge */
		{ 0x8086, 0x15bf, 0x15c1 }, { 0x8086, 0x15d2, 0x15db },
		{ 0x8086, 0x15e7, 0x15f0 }, /* Titan Ridge */
		{ 0x8086, 0x0b26, 0x0b27 }, /* Goshen Ridge */
		{ 0x8086, 0x1133, 0x1138 }, /* Maple Ridge */
		{ 0x8086, 0x5780, 0x5786 }, /* Barlow Ridge */
		{ 0x8086, 0x8a1d, 0x8a23 }, /* Ice Lake's integrated ports */
		{ 0x8086, 0x9a23, 0x9a2d }, /* Tiger Lake */
		{ 0x8086, 0x466e, 0x466f }, /* Alder Lake */
		{ 0x8086, 0xa73e, 0xa73f }, /* Raptor Lake */
		{ 0x1b21, 0x2421, 0x2426 }, /* ASMedia's USB4 */
	};

	if (dev->name && (strstr(dev->name, "Thunderbolt") || strstr(dev->name, "USB4")))
		return true;
	for (unsigned i = 0; i < ARRAY_SIZE(ids); i++)
		if (dev->vendor == ids[i].vendor && dev->device >= ids[i].first &&
			dev->device <= ids[i].last)
			return true;
	return false;
}

int host_thunderbolt(const struct host *host, const struct host_dev *dev)
{
	int at = dev->parent;

	for (unsigned steps = 0; at != HOST_NONE && steps < 256; steps++) {
		if (host->devs[at].bridge && is_thunderbolt(&host->devs[at]))
			return at;
		at = host->devs[at].parent;
	}
	return HOST_NONE;
}

bool host_is_assignable(const struct host_dev *dev)
{
	if (dev->bridge || dev->header != PCI_HEADER_TYPE_NORMAL)
		return false;
	if (is_class(dev, CLASS_IOMMU) || dev->pcie_type == PCI_EXP_TYPE_RC_EC)
		return false;
	/* Bridges that lead to no PCI bus and are assignable: NVSwitch, non-transparent ports. */
	if (dev->class >> 16 == CLASS_BASE_BRIDGE)
		return is_class(dev, CLASS_BRIDGE_OTHER) &&
		       (dev->pcie_type == PCI_EXP_TYPE_ENDPOINT ||
			       (!host_knows(dev, HOST_PCIE) && host_is_nvswitch(dev)));
	return true;
}
