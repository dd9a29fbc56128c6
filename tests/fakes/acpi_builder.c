// SPDX-License-Identifier: GPL-2.0-or-later
#include "acpi_builder.h"

#include <string.h>

#include "base/bytes.h"

void make_acpi_header(u8 *table, const char *signature, u32 size)
{
	u8 sum = 0;

	memcpy(table, signature, 4);
	put_le32(table + 4, size);
	memcpy(table + 10, "OEM\x01\x02 ", 6);
	table[9] = 0;
	for (u32 i = 0; i < size; i++)
		sum += table[i];
	table[9] = -sum;
}

u32 make_vfct_record(u8 *table, u32 at, u8 bus, u16 device, u32 size, u8 fill)
{
	put_le32(table + at, bus);
	put_le16(table + at + 12, 0x1002);
	put_le16(table + at + 14, device);
	put_le32(table + at + 24, size);
	memset(table + at + 28, fill, size);
	return at + 28 + size;
}

u32 make_dmar(u8 *table)
{
	u8 *e = table + 48;

	table[36] = 0x26;
	table[37] = 5;
	put_le16(e + 2, 16);
	e[4] = 1;
	put_le64(e + 8, 0xfed90000);
	e += 16;
	put_le16(e, 1);
	put_le16(e + 2, 24 + 8 + 10);
	put_le16(e + 6, 1);
	put_le64(e + 8, 0x3a000000);
	put_le64(e + 16, 0x407fffff);
	memcpy(e + 24, "\x01\x08\0\0\0\x00\x02\x00", 8);
	memcpy(e + 32, "\x02\x0a\0\0\0\x40\x1c\x03\x01\x00", 10);
	e += 42;
	put_le16(e, 99);
	put_le16(e + 2, 4);
	return e + 4 - table;
}

static void put_entry(u8 **at, const char *bytes, size_t size)
{
	memcpy(*at, bytes, size);
	*at += size;
}

u32 make_ivrs(u8 *table)
{
	u8 *block = table + 48, *at = block + 40;

	put_le32(table + 36, 0x00203041);
	put_entry(&at, "\x00\0\0\0", 4);                   /* padding */
	put_entry(&at, "\x03\x08\x00\x10", 4);             /* 00:01.0 ... */
	put_entry(&at, "\x04\xff\x03\x00", 4);             /* ... 03:1f.7 */
	put_entry(&at, "\x42\x00\x05\0\0\x20\x04\0", 8);   /* 05:00.0 as 04:04.0 */
	put_entry(&at, "\x43\x08\x05\0\0\x20\x04\0", 8);   /* 05:01.0 ... as 04:04.0 */
	put_entry(&at, "\x04\xff\x05\x00", 4);             /* ... 05:1f.7 */
	put_entry(&at, "\x48\0\0\xd7\x21\xa0\x00\x01", 8); /* IO-APIC 21h at 00:14.0 */
	put_entry(&at, "\x48\0\0\0\0\xa0\x00\x02", 8);     /* HPET */
	put_entry(&at,
		"\xf0\x99\x00\xf7"
		"AMDI0040\0\0\0\0\0\0\0\0\x02\x03UID",
		25);
	block[0] = 0x40;
	put_le16(block + 2, at - block);
	put_le16(block + 4, 2);
	put_le64(block + 8, 0xfd200000);
	put_le16(block + 16, 1);
	put_le64(block + 24, 0x004f77ef22294ada);
	block = at;
	block[0] = 0x22;
	block[1] = 7;
	put_le16(block + 2, 32);
	put_le16(block + 4, 0x100);
	put_le16(block + 6, 0x107);
	put_le64(block + 16, 0x80000000);
	put_le64(block + 24, 0x100000);
	return block + 32 - table;
}
