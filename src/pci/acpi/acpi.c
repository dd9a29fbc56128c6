// SPDX-License-Identifier: GPL-2.0-or-later
#include "pci/acpi/acpi.h"

#include <errno.h>

#include "base/bytes.h"

#define HEADER_LENGTH   4
#define HEADER_REVISION 8
#define HEADER_OEM      10

int acpi_table(struct acpi_table *table, const void *bytes, size_t size, const char *signature)
{
	const u8 *b = bytes;
	u8 sum = 0;

	*table = (struct acpi_table){ .bytes = b };
	if (size < ACPI_HEADER_SIZE || memcmp(b, signature, 4))
		return -EINVAL;
	table->size = get_le32(b + HEADER_LENGTH);
	if (table->size < ACPI_HEADER_SIZE || table->size > size)
		return -EINVAL;
	table->revision = b[HEADER_REVISION];
	for (u32 i = 0; i < table->size; i++)
		sum += b[i];
	table->sum_ok = !sum;
	for (int i = 0; i < 6; i++) {
		char c = b[HEADER_OEM + i];

		table->oem[i] = c >= ' ' && c <= '~' ? c : '\0';
	}
	return 0;
}

struct acpi_walk acpi_walk(const struct acpi_table *table, u32 offset)
{
	const u8 *end = table->bytes + table->size;

	if (offset > table->size)
		return (struct acpi_walk){ end, end, true };
	return (struct acpi_walk){ table->bytes + offset, end, false };
}

bool acpi_left(struct acpi_walk *walk, size_t size)
{
	size_t left = walk->end - walk->at;

	if (walk->broken || !left)
		return false;
	if (left < size)
		walk->broken = true;
	return left >= size;
}

const u8 *acpi_take(struct acpi_walk *walk, size_t length, size_t least)
{
	const u8 *entry = walk->at;

	if (!length || length < least || !acpi_left(walk, length)) {
		walk->broken = true;
		return NULL;
	}
	walk->at += length;
	return entry;
}
