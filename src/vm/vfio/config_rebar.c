// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/bytes.h"
#include "vm/vfio/config_caps.h"

/* PCIe 5.0, 7.8.6: a header, then a capability register and a control register for each BAR. */
#define HEADER      4
#define ENTRY       8
#define MAX_ENTRIES 6
#define SIZES_SHIFT 4 /* bit 4 of the capability register is 1 MiB */
#define SIZES_MAX   28

#define CTRL_COUNT(ctrl) ((ctrl) >> 5 & 7)
#define CTRL_SIZE(ctrl)  ((ctrl) >> 8 & 0x3f)

unsigned vfio_config_rebar_size(const struct vfio_config *config, unsigned pos, unsigned room)
{
	unsigned count;

	if (room < HEADER + ENTRY)
		return 0;
	count = CTRL_COUNT(get_le32(config->physical + pos + HEADER + 4));
	if (!count || count > MAX_ENTRIES || room < HEADER + count * ENTRY)
		return 0;
	for (unsigned i = 0; i < count; i++) {
		const u8 *entry = config->physical + pos + HEADER + i * ENTRY;
		unsigned size = CTRL_SIZE(get_le32(entry + 4));

		/*
		 * Larger sizes are in the upper half of the control register; no device has them
		 * yet.
		 */
		if (size >= SIZES_MAX || !(get_le32(entry) & BIT(SIZES_SHIFT + size)))
			return 0;
	}
	return HEADER + count * ENTRY;
}

void vfio_config_rebar_show(struct vfio_config *config, unsigned pos, unsigned size)
{
	for (unsigned at = pos + HEADER; at < pos + size; at += ENTRY) {
		u32 ctrl = get_le32(config->physical + at + 4);

		put_le32(config->pci->config + at, BIT(SIZES_SHIFT + CTRL_SIZE(ctrl)));
		put_le32(config->pci->config + at + 4, ctrl & 0xffff);
		memset(config->emulated + at, 0xff, ENTRY);
		memset(config->pci->writable + at, 0, ENTRY);
	}
}
