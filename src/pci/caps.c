// SPDX-License-Identifier: GPL-2.0-or-later
#include "pci/caps.h"

#include <linux/pci_regs.h>
#include <string.h>

#include "base/bytes.h"

/* The most that fit: each takes at least four bytes of the space after the header. */
#define MAX_CAPS     ((256 - PCI_STD_HEADER_SIZEOF) / 4)
#define MAX_EXT_CAPS 255

bool pci_cap_next(const u8 *config, unsigned size, struct pci_cap *cap)
{
	unsigned pos;

	if (size > 256)
		size = 256;
	if (size < PCI_STD_HEADER_SIZEOF || cap->steps >= MAX_CAPS)
		return false;
	if (cap->steps == 0) {
		bool cardbus =
			(config[PCI_HEADER_TYPE] & PCI_HEADER_TYPE_MASK) == PCI_HEADER_TYPE_CARDBUS;

		if (!(get_le16(config + PCI_STATUS) & PCI_STATUS_CAP_LIST))
			return false;
		pos = config[cardbus ? PCI_CB_CAPABILITY_LIST : PCI_CAPABILITY_LIST];
	} else {
		pos = config[cap->pos + PCI_CAP_LIST_NEXT];
	}
	/* The low two bits are reserved: PCI 3.0, 6.7. */
	pos &= ~3u;
	if (pos < PCI_STD_HEADER_SIZEOF || pos + 2 > size)
		return false;
	if (config[pos] == 0xff)
		return false;
	cap->steps++;
	cap->pos = pos;
	cap->id = config[pos];
	cap->version = 0;
	return true;
}

bool pci_ext_cap_next(const u8 *config, unsigned size, struct pci_cap *cap)
{
	unsigned pos = PCI_CFG_SPACE_SIZE;
	u32 header;

	if (cap->steps >= MAX_EXT_CAPS)
		return false;
	if (cap->steps > 0)
		pos = PCI_EXT_CAP_NEXT(get_le32(config + cap->pos));
	if (pos < PCI_CFG_SPACE_SIZE || pos + 4 > size)
		return false;
	header = get_le32(config + pos);
	if (header == 0 || header == ~0u)
		return false;
	cap->steps++;
	cap->pos = pos;
	cap->id = PCI_EXT_CAP_ID(header);
	cap->version = PCI_EXT_CAP_VER(header);
	return true;
}

unsigned pci_cap_find(const u8 *config, unsigned size, u8 id, unsigned need)
{
	struct pci_cap cap = { 0 };

	while (pci_cap_next(config, size, &cap))
		if (cap.id == id)
			return cap.pos + need <= size ? cap.pos : 0;
	return 0;
}

unsigned pci_ext_cap_find(const u8 *config, unsigned size, u16 id, unsigned need)
{
	struct pci_cap cap = { 0 };

	while (pci_ext_cap_next(config, size, &cap))
		if (cap.id == id)
			return cap.pos + need <= size ? cap.pos : 0;
	return 0;
}

/* How many bytes of a capability to read; of capabilities not named here only the header. */
static unsigned cap_size(u8 id)
{
	switch (id) {
	case PCI_CAP_ID_PM:
	case PCI_CAP_ID_SSVID:
	case PCI_CAP_ID_AF:
	case PCI_CAP_ID_PCIX:
		return 8;
	case PCI_CAP_ID_MSIX:
		return PCI_CAP_MSIX_SIZEOF;
	case PCI_CAP_ID_MSI:
		return 24;
	case PCI_CAP_ID_EXP:
		return PCI_CAP_EXP_ENDPOINT_SIZEOF_V2;
	default:
		return 4;
	}
}

static unsigned ext_cap_size(u16 id)
{
	switch (id) {
	case PCI_EXT_CAP_ID_ACS:
		/*
		 * The standard defines 8 bytes; one family of ports has its control register at
		 * offset 8.
		 */
		return 12;
	case PCI_EXT_CAP_ID_SRIOV:
		return PCI_EXT_CAP_SRIOV_SIZEOF;
	case PCI_EXT_CAP_ID_REBAR:
		return 4 + 8 * PCI_STD_NUM_BARS;
	case PCI_EXT_CAP_ID_DSN:
		return PCI_EXT_CAP_DSN_SIZEOF;
	case PCI_EXT_CAP_ID_ARI:
	case PCI_EXT_CAP_ID_ATS:
	case PCI_EXT_CAP_ID_PASID:
		return 8;
	default:
		return 4;
	}
}

static bool fetch(pci_read_fn read, void *from, u8 *config, unsigned pos, unsigned size)
{
	unsigned end = pos < 256 ? 256 : PCI_CONFIG_SIZE;

	if (pos + size > end)
		size = end - pos;
	return read(from, pos, config + pos, size) == (long)size;
}

unsigned pci_config_collect(pci_read_fn read, void *from, u8 *config)
{
	struct pci_cap cap = { 0 };
	unsigned size = 256;

	memset(config, 0, PCI_CONFIG_SIZE);
	if (!fetch(read, from, config, 0, PCI_STD_HEADER_SIZEOF))
		return 0;
	if (config[PCI_VENDOR_ID] == 0xff && config[PCI_HEADER_TYPE] == 0xff)
		return PCI_STD_HEADER_SIZEOF;

	/* Read each header before the walk looks at it. */
	for (;;) {
		unsigned next = cap.steps ? config[cap.pos + PCI_CAP_LIST_NEXT]
					  : config[PCI_CAPABILITY_LIST];

		next &= ~3u;
		if (next >= PCI_STD_HEADER_SIZEOF && !fetch(read, from, config, next, 4))
			return PCI_STD_HEADER_SIZEOF;
		if (!pci_cap_next(config, 256, &cap))
			break;
		if (cap_size(cap.id) > 4)
			fetch(read, from, config, cap.pos, cap_size(cap.id));
	}
	if (!pci_cap_find(config, 256, PCI_CAP_ID_EXP, 4) &&
		!pci_cap_find(config, 256, PCI_CAP_ID_PCIX, 4))
		return size;

	cap = (struct pci_cap){ 0 };
	for (;;) {
		unsigned next = cap.steps ? PCI_EXT_CAP_NEXT(get_le32(config + cap.pos))
					  : PCI_CFG_SPACE_SIZE;

		if (next >= PCI_CFG_SPACE_SIZE && !fetch(read, from, config, next, 4))
			break;
		size = PCI_CONFIG_SIZE;
		if (!pci_ext_cap_next(config, PCI_CONFIG_SIZE, &cap))
			break;
		if (ext_cap_size(cap.id) > 4)
			fetch(read, from, config, cap.pos, ext_cap_size(cap.id));
	}
	return size;
}
