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

/* The length of the UTF-8 character at @text that may be shown, 0 if there is none. */
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
	/* Longer than need be, half of a pair, or a control character. */
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

bool host_same_card(const struct host *host, const struct host_dev *a, const struct host_dev *b)
{
	const struct host_dev *above = host_parent(host, a);

	if (!pci_addr_same_slot(a->addr, b->addr) || !above || a->vf || b->vf)
		return false;
	return above->has_slot || a->vendor == b->vendor;
}

bool host_is_gpu(const struct host_dev *dev)
{
	return dev->class >> 16 == CLASS_BASE_DISPLAY;
}

bool host_is_assignable(const struct host_dev *dev)
{
	if (dev->bridge || dev->header != PCI_HEADER_TYPE_NORMAL)
		return false;
	if (dev->class >> 8 == CLASS_IOMMU || dev->pcie_type == PCI_EXP_TYPE_RC_EC)
		return false;
	/* Bridges to no PCI bus that are devices all the same: NVSwitch, non-transparent ports. */
	if (dev->class >> 16 == CLASS_BASE_BRIDGE)
		return dev->class >> 8 == CLASS_BRIDGE_OTHER &&
		       dev->pcie_type == PCI_EXP_TYPE_ENDPOINT;
	return true;
}
