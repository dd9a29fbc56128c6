// SPDX-License-Identifier: GPL-2.0-or-later
/* VFCT, DMAR and IVRS. */
#include "fuzz.h"

#include "pci/acpi/dmar.h"
#include "pci/acpi/ivrs.h"
#include "pci/acpi/vfct.h"

/* So that the sanitizer sees a read of what was given. */
static volatile u8 sink;

static void walk_vfct(const u8 *data, size_t size)
{
	struct vfct_image image;
	struct acpi_table table;
	struct acpi_walk walk;

	if (acpi_table(&table, data, size, "VFCT"))
		return;
	walk = vfct_walk(&table);
	while (vfct_next(&walk, &image)) {
		CLAIM(image.size && image.bytes >= data);
		CLAIM(image.size <= (size_t)(data + size - image.bytes));
		sink = image.bytes[image.size - 1];
	}
	vfct_find(&table, 3, 0, 0, 0x1002, 0x1638, &image);
}

static void walk_dmar(const u8 *data, size_t size)
{
	struct dmar_entry entry;
	struct dmar_scope scope;
	struct dmar dmar;
	size_t steps = 0;

	if (dmar_read(&dmar, data, size))
		return;
	while (dmar_next(&dmar, &entry)) {
		CLAIM(++steps <= size);
		while (dmar_scope_next(&entry, &scope)) {
			CLAIM(++steps <= size);
			CLAIM(scope.path_length >= 1 && scope.path_length <= DMAR_MAX_PATH);
		}
	}
}

static void walk_ivrs(const u8 *data, size_t size)
{
	struct ivhd_entry entry;
	struct ivrs_block block;
	struct ivrs ivrs;
	size_t steps = 0;

	if (ivrs_read(&ivrs, data, size))
		return;
	while (ivrs_next(&ivrs, &block)) {
		CLAIM(++steps <= size);
		while (ivhd_next(&block, &entry)) {
			CLAIM(++steps <= size);
			CLAIM(entry.first <= entry.last);
			CLAIM(strlen(entry.hid) < sizeof(entry.hid));
		}
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	walk_vfct(data, size);
	walk_dmar(data, size);
	walk_ivrs(data, size);
	return 0;
}
