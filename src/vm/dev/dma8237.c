// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/dev/dma8237.h"

#include <string.h>

#include "base/bytes.h"

#define FIRST_CONTROL 8 /* below are addresses and counts, in turns */
#define STATUS        8 /* written: command */
#define SINGLE_MASK   10
#define MODE          11
#define CLEAR_HIGH    12
#define MASTER_CLEAR  13 /* read: the temporary register of transfers from memory to memory */
#define CLEAR_MASK    14
#define ALL_MASKS     15
#define NR_REGISTERS  16

#define CHANNEL 3 /* of a mode or a single mask */
#define MASKED  BIT(2)
#define ALL     0xf

static u16 *counter_of(struct dma8237_chip *chip, u64 reg)
{
	struct dma8237_channel *channel = &chip->channel[reg / 2];

	return reg & 1 ? &channel->count : &channel->address;
}

static u8 read_counter(struct dma8237_chip *chip, u64 reg)
{
	u16 value = *counter_of(chip, reg);

	chip->high = !chip->high;
	return (u8)(chip->high ? value : value >> 8);
}

static void write_counter(struct dma8237_chip *chip, u64 reg, u8 value)
{
	u16 *counter = counter_of(chip, reg);

	*counter = chip->high ? (u16)((*counter & 0xff) | value << 8)
			      : (u16)((*counter & 0xff00) | value);
	chip->high = !chip->high;
}

static u8 read_register(struct dma8237_chip *chip, u64 reg)
{
	if (reg < FIRST_CONTROL)
		return read_counter(chip, reg);
	switch (reg) {
	case STATUS: /* no request, and nothing has reached its end */
	case MASTER_CLEAR:
		return 0;
	case ALL_MASKS:
		return (u8)(chip->mask | ~ALL);
	default:
		return 0xff;
	}
}

static void clear(struct dma8237_chip *chip)
{
	chip->high = false;
	chip->mask = ALL;
	chip->command = 0;
}

static void write_register(struct dma8237_chip *chip, u64 reg, u8 value)
{
	if (reg < FIRST_CONTROL) {
		write_counter(chip, reg, value);
		return;
	}
	switch (reg) {
	case STATUS:
		chip->command = value;
		break;
	case SINGLE_MASK:
		chip->mask &= (u8)~BIT(value & CHANNEL);
		if (value & MASKED)
			chip->mask |= (u8)BIT(value & CHANNEL);
		break;
	case MODE:
		chip->channel[value & CHANNEL].mode = value;
		break;
	case CLEAR_HIGH:
		chip->high = false;
		break;
	case MASTER_CLEAR:
		clear(chip);
		break;
	case CLEAR_MASK:
		chip->mask = 0;
		break;
	case ALL_MASKS:
		chip->mask = value & ALL;
		break;
	}
}

/* An access of several bytes is one of each port. Between the second's registers nothing answers.
 */
static u64 chip_read(void *owner, u64 offset, unsigned size)
{
	struct dma8237_chip *chip = owner;
	u64 value = 0;

	for (unsigned i = 0; i < size; i++) {
		u64 at = offset + i;
		bool odd = chip->shift && at & 1;

		value |= (u64)(odd ? 0xff : read_register(chip, at >> chip->shift)) << (8 * i);
	}
	return value;
}

static void chip_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct dma8237_chip *chip = owner;

	for (unsigned i = 0; i < size; i++)
		if (!chip->shift || !((offset + i) & 1))
			write_register(chip, (offset + i) >> chip->shift, (u8)(value >> (8 * i)));
}

static const struct bus_ops chip_ops = { chip_read, chip_write };

/* Some of them belong to no channel; a PC stores these, too. Port 80h also shows progress codes. */
static u64 page_read(void *owner, u64 offset, unsigned size)
{
	const struct dma8237 *dma = owner;

	return get_le(dma->pages + offset, size);
}

static void page_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct dma8237 *dma = owner;

	put_le(dma->pages + offset, size, value);
}

static const struct bus_ops page_ops = { page_read, page_write };

static int add_chip(struct dma8237 *dma, unsigned i, u16 port, pthread_mutex_t *lock)
{
	struct dma8237_chip *chip = &dma->chip[i];

	chip->shift = i;
	chip->ports = (struct bus_region){
		.name = "DMA controller",
		.range = { port, NR_REGISTERS << i },
		.rank = FLAT_RANK_PLATFORM,
		.ops = &chip_ops,
		.owner = chip,
		.lock = lock,
	};
	return bus_add(dma->pio, &chip->ports);
}

int dma8237_open(struct dma8237 *dma, struct bus *pio, pthread_mutex_t *lock)
{
	int ret;

	*dma = (struct dma8237){
		.pio = pio,
		.page_ports = {
			.name = "DMA page registers",
			.range = { DMA8237_PAGES, sizeof(dma->pages) },
			.rank = FLAT_RANK_PLATFORM,
			.ops = &page_ops,
			.owner = dma,
			.lock = lock,
		},
	};
	dma8237_reset(dma);
	ret = add_chip(dma, 0, DMA8237_FIRST, lock);
	if (!ret)
		ret = add_chip(dma, 1, DMA8237_SECOND, lock);
	if (!ret)
		ret = bus_add(pio, &dma->page_ports);
	if (ret)
		dma8237_close(dma);
	return ret;
}

void dma8237_close(struct dma8237 *dma)
{
	if (!dma->pio)
		return;
	bus_remove(dma->pio, &dma->chip[0].ports);
	bus_remove(dma->pio, &dma->chip[1].ports);
	bus_remove(dma->pio, &dma->page_ports);
	dma->pio = NULL;
}

void dma8237_reset(struct dma8237 *dma)
{
	for (unsigned i = 0; i < ARRAY_SIZE(dma->chip); i++) {
		clear(&dma->chip[i]);
		for (unsigned n = 0; n < ARRAY_SIZE(dma->chip[i].channel); n++)
			dma->chip[i].channel[n] = (struct dma8237_channel){ 0 };
	}
	memset(dma->pages, 0, sizeof(dma->pages));
}
