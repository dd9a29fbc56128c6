// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/pci/smram.h"

#include "base/bytes.h"
#include "base/log.h"

#define LOW_START  0xa0000ull
#define HIGH_START 0xfeda0000ull
#define LOW_SIZE   0x20000ull

#define SMBASE_START 0x30000ull
#define SMBASE_SIZE  0x20000ull

#define CONTROL_WRITABLE (SMRAM_D_OPEN | SMRAM_D_CLS | SMRAM_D_LCK | SMRAM_G_SMRAME)
#define ESMRAMC_WRITABLE (SMRAM_H_SMRAME | SMRAM_TSEG_SIZE | SMRAM_T_EN)

/*
 * Graphics control, the bases of stolen memory, TSEGMB and TOLUD: firmware keeps there what it has
 * computed, and D_LCK locks them, too.
 */
#define GGC           0x52
#define GGC_SIZE      2
#define BASES         0xa4
#define BASES_SIZE    12
#define TOLUD         0xb0
#define TOLUD_SIZE    2
#define TOLUD_ADDRESS 0xfff0

static const struct range none;

/* Moves @region to @range; size 0: it is not in the map. Returns 0 or -errno with a line in the
 * log. */
static int place(
	struct smram *smram, struct mem_region *region, struct range range, enum flat_scope scope)
{
	struct err err = { 0 };
	int ret;

	if (region->range.start == range.start && region->range.size == range.size &&
		region->scope == scope)
		return 0;
	if (region->range.size)
		mem_remove(smram->mem, region);
	region->range = range;
	region->scope = scope;
	ret = range.size ? mem_add(smram->mem, region, &err) : 0;
	if (!ret)
		return 0;
	log_guest_at(LOG_ERROR, "cannot change what only SMM sees: %s", err.text);
	region->range = none;
	return ret;
}

static struct range tseg_range(const struct smram *smram)
{
	static const u64 sizes[] = { MIB, 2 * MIB, 8 * MIB, RAM_TSEG_MAX };
	u8 esmramc = smram->dev->config[SMRAM_ESMRAMC];
	u64 size = sizes[(esmramc & SMRAM_TSEG_SIZE) >> 1];
	u64 end = ram_low_end(smram->ram);

	return end < RAM_LEGACY_TOP + size ? none : (struct range){ end - size, size };
}

static struct range low_range(const struct smram *smram)
{
	bool high = smram->dev->config[SMRAM_ESMRAMC] & SMRAM_H_SMRAME;

	return (struct range){ high ? HIGH_START : LOW_START, LOW_SIZE };
}

/*
 * Makes the memory map what the registers say. Firmware reads back what it relies on, so a register
 * does not keep a bit whose effect failed.
 */
static void apply(struct smram *smram)
{
	u8 *config = smram->dev->config;
	u8 control = config[SMRAM_CONTROL];
	bool on = control & SMRAM_G_SMRAME;
	bool tseg = on && config[SMRAM_ESMRAMC] & SMRAM_T_EN;
	bool smbase = config[SMRAM_SMBASE] == SMRAM_SMBASE_LOCK;

	if (place(smram, &smram->tseg, tseg ? tseg_range(smram) : none, FLAT_SCOPE_NORMAL))
		config[SMRAM_ESMRAMC] &= (u8)~SMRAM_T_EN;
	if (place(smram, &smram->smbase,
		    smbase ? (struct range){ SMBASE_START, SMBASE_SIZE } : none, FLAT_SCOPE_NORMAL))
		config[SMRAM_SMBASE] = SMRAM_SMBASE_FREE;
	if (place(smram, &smram->low, on ? low_range(smram) : none,
		    control & SMRAM_D_OPEN ? FLAT_SCOPE_ALL : FLAT_SCOPE_SMM))
		config[SMRAM_CONTROL] &= (u8)~SMRAM_G_SMRAME;
}

static bool locked(const struct smram *smram)
{
	return smram->dev && smram->dev->config[SMRAM_CONTROL] & SMRAM_D_LCK;
}

bool smram_locks(const struct smram *smram, u16 offset, unsigned size)
{
	static const struct range ranges[] = { { GGC, GGC_SIZE }, { BASES, BASES_SIZE },
		{ TOLUD, TOLUD_SIZE } };

	for (unsigned i = 0; i < ARRAY_SIZE(ranges) && locked(smram); i++)
		if (range_touches(ranges[i], offset, size))
			return true;
	return false;
}

static void write_smbase(u8 *reg, u8 value)
{
	if (*reg == 0 && value == SMRAM_SMBASE_QUERY)
		*reg = SMRAM_SMBASE_FREE;
	else if (*reg == SMRAM_SMBASE_FREE && value & SMRAM_SMBASE_LOCK)
		*reg = SMRAM_SMBASE_LOCK;
}

static void write_control(u8 *reg, u8 value)
{
	u8 writable = *reg & SMRAM_D_LCK ? SMRAM_D_CLS : CONTROL_WRITABLE;

	*reg = (u8)((*reg & ~writable) | (value & writable));
	if (*reg & SMRAM_D_LCK)
		*reg &= (u8)~SMRAM_D_OPEN;
}

static void write_byte(struct smram *smram, u16 offset, u8 value)
{
	u8 *reg = smram->dev->config + offset;

	switch (offset) {
	case SMRAM_SMBASE:
		write_smbase(reg, value);
		break;
	case SMRAM_CONTROL:
		write_control(reg, value);
		break;
	case SMRAM_ESMRAMC:
		if (!locked(smram))
			*reg = (u8)((*reg & ~ESMRAMC_WRITABLE) | (value & ESMRAMC_WRITABLE));
		break;
	}
}

void smram_config_write(struct smram *smram, u16 offset, unsigned size, u32 value)
{
	if (!smram->dev)
		return;
	if (offset == SMRAM_EXT_TSEG && size >= 2 && (value & 0xffff) == SMRAM_EXT_TSEG_QUERY)
		put_le16(smram->dev->config + SMRAM_EXT_TSEG, SMRAM_EXT_TSEG_MIB);
	if (!range_touches((struct range){ SMRAM_SMBASE, 3 }, offset, size))
		return;
	/* From the last one on: a write of all three sets what D_LCK then locks. */
	for (unsigned i = size; i-- > 0;)
		write_byte(smram, (u16)(offset + i), (u8)(value >> (8 * i)));
	apply(smram);
}

static void fill_config(struct pci_dev *dev)
{
	put_le16(dev->config + SMRAM_EXT_TSEG, SMRAM_EXT_TSEG_QUERY);
	dev->config[SMRAM_CONTROL] = SMRAM_BASE;
	dev->config[SMRAM_ESMRAMC] = SMRAM_CACHES;
	dev->writable[SMRAM_CONTROL] = 0; /* smram_config_write() does it */
	put_le16(dev->writable + GGC, 0xffff);
	memset(dev->writable + BASES, 0xff, BASES_SIZE);
	put_le16(dev->writable + TOLUD, TOLUD_ADDRESS);
}

void smram_open(struct smram *smram, struct pci_dev *dev, struct mem *mem, const struct ram *ram)
{
	const struct mem_region hidden = {
		.name = "memory of SMM",
		.rank = FLAT_RANK_SMRAM,
		.kind = MEM_HOLE,
		.fd = -1,
		.scope = FLAT_SCOPE_NORMAL,
	};

	*smram = (struct smram){ .dev = dev, .mem = mem, .ram = ram };
	smram->tseg = smram->smbase = smram->low = hidden;
	/* Not MEM_RAM, which devices reach. */
	smram->low.kind = MEM_DEVICE;
	smram->low.host = (char *)ram->host + LOW_START;
	fill_config(dev);
}

void smram_close(struct smram *smram)
{
	struct mem_region *regions[] = { &smram->tseg, &smram->smbase, &smram->low };

	for (unsigned i = 0; i < ARRAY_SIZE(regions) && smram->dev; i++)
		if (regions[i]->range.size)
			mem_remove(smram->mem, regions[i]);
	smram->dev = NULL;
}

void smram_reset(struct smram *smram)
{
	if (smram->dev)
		apply(smram);
}
