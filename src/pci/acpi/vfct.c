// SPDX-License-Identifier: GPL-2.0-or-later
#include "pci/acpi/vfct.h"

#include "base/bytes.h"

#define VFCT_FIRST       0x34 /* u32: offset of the records */
#define VFCT_HEADER_SIZE 0x4c
#define RECORD_SIZE      28

struct acpi_walk vfct_walk(const struct acpi_table *table)
{
	if (table->size < VFCT_HEADER_SIZE)
		return acpi_walk(table, table->size + 1);
	return acpi_walk(table, get_le32(table->bytes + VFCT_FIRST));
}

bool vfct_next(struct acpi_walk *walk, struct vfct_image *image)
{
	const u8 *record;

	if (!acpi_left(walk, RECORD_SIZE))
		return false;
	record = acpi_take(walk, RECORD_SIZE, RECORD_SIZE);
	*image = (struct vfct_image){
		.bus = get_le32(record),
		.dev = get_le32(record + 4),
		.fn = get_le32(record + 8),
		.vendor = get_le16(record + 12),
		.device = get_le16(record + 14),
		.subvendor = get_le16(record + 16),
		.subdevice = get_le16(record + 18),
		.size = get_le32(record + 24),
	};
	/* In some firmware another table follows the records, which begins with zeros. */
	if (!image->vendor && !image->size)
		return false;
	image->bytes = acpi_take(walk, image->size, 1);
	return image->bytes;
}

enum vfct_match vfct_find(const struct acpi_table *table, u8 bus, u8 dev, u8 fn, u16 vendor,
	u16 device, struct vfct_image *image)
{
	struct acpi_walk walk = vfct_walk(table);
	enum vfct_match match = VFCT_NONE;
	struct vfct_image next;

	while (vfct_next(&walk, &next)) {
		if (next.vendor != vendor || next.device != device)
			continue;
		if (next.bus == bus && next.dev == dev && next.fn == fn) {
			*image = next;
			return VFCT_ADDRESS;
		}
		if (match == VFCT_NONE)
			*image = next;
		match = match == VFCT_NONE ? VFCT_IDS : VFCT_AMBIGUOUS;
	}
	return match;
}
