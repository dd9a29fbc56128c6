// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/boot/entry.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"

#define PAGE          0x1000
#define GDT_ENTRIES   4
#define LARGE_PAGE    (2 * MIB)
#define TABLE_ENTRIES 512

/* Flat 4 GiB segments, present, ring 0, accessed: 64-bit code; data (SDM volume 3, 3.4.5). */
#define GDT_CODE64 0x00af9b000000ffffull
#define GDT_DATA   0x00cf93000000ffffull

#define PTE_PRESENT  BIT_ULL(0)
#define PTE_WRITABLE BIT_ULL(1)
#define PTE_LARGE    BIT_ULL(7)

static void write_gdt(u8 *gdt)
{
	memset(gdt, 0, GDT_ENTRIES * 8);
	put_le64(gdt + BOOT_CS, GDT_CODE64);
	put_le64(gdt + BOOT_DS, GDT_DATA);
}

/* 2 MiB pages, because 1 GiB pages would need a CPUID bit. */
static void write_page_tables(u8 *tables)
{
	u64 base = BOOT_PAGE_TABLES | PTE_PRESENT | PTE_WRITABLE;
	u8 *pdpt = tables + PAGE, *directories = tables + 2 * PAGE;

	memset(tables, 0, 2 * PAGE);
	put_le64(tables, base + PAGE);
	for (unsigned i = 0; i < 4; i++)
		put_le64(pdpt + 8 * i, base + (2 + i) * PAGE);
	for (unsigned i = 0; i < 4 * TABLE_ENTRIES; i++)
		put_le64(directories + 8 * i,
			i * LARGE_PAGE | PTE_PRESENT | PTE_WRITABLE | PTE_LARGE);
}

int boot_entry_place(
	struct vcpu_entry *entry, struct mem *mem, const struct e820 *map, struct err *err)
{
	u64 size = BOOT_LOW_END - BOOT_GDT;
	u8 *low = NULL;

	if (e820_is(map, BOOT_GDT, size, E820_RAM))
		low = mem_ptr(mem, BOOT_GDT, size);
	if (!low)
		return err_set(err, EINVAL, "the machine has no RAM from 0x%x to 0x%x", BOOT_GDT,
			BOOT_LOW_END);

	write_gdt(low);
	write_page_tables(low + (BOOT_PAGE_TABLES - BOOT_GDT));
	*entry = (struct vcpu_entry){
		.rsp = BOOT_STACK_TOP,
		.cr3 = BOOT_PAGE_TABLES,
		.gdt_base = BOOT_GDT,
		.gdt_limit = GDT_ENTRIES * 8 - 1,
		.cs = BOOT_CS,
		.ds = BOOT_DS,
	};
	return 0;
}
