// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/dev/rtc_memory.h"

#include "base/bytes.h"

static u64 capped(u64 units, u64 max)
{
	return units < max ? units : max;
}

void rtc_memory_fill(u8 *cmos, const struct rtc_config *config)
{
	u64 extended = config->ram_low > MIB ? config->ram_low - MIB : 0;
	u64 above_16m = config->ram_low > 16 * MIB ? config->ram_low - 16 * MIB : 0;
	u16 sum = 0;

	cmos[0x14] = 0x02; /* equipment: a coprocessor */
	put_le16(cmos + 0x15, 640);
	put_le16(cmos + 0x17, (u16)capped(extended / KIB, 0xffff));
	put_le16(cmos + 0x30, (u16)capped(extended / KIB, 0xffff));
	put_le16(cmos + 0x34, (u16)capped(above_16m / (64 * KIB), 0xffff));
	put_le(cmos + 0x5b, 3, capped(config->ram_high / (64 * KIB), 0xffffff));
	cmos[0x38] = 0x40; /* boot order for SeaBIOS: the third is the network, */
	cmos[0x3d] = 0x32; /* the first the disk, the second the CD */
	cmos[0x5f] = (u8)capped(config->nr_cpus - 1, 0xff);
	for (unsigned i = 0x10; i <= 0x2d; i++)
		sum += cmos[i];
	cmos[0x2e] = (u8)(sum >> 8);
	cmos[0x2f] = (u8)sum;
}
