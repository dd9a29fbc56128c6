// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/dev/reset.h"

#define PORT_FAST        0x92
#define FAST_RESET       0x01
#define FAST_A20         0x02
#define CF9_SYSTEM_RESET 0x02 /* hard rather than soft; here both are the same */
#define CF9_RESET_CPU    0x04 /* its rising edge resets; it is never stored */
#define CF9_FULL_RESET   0x08

static u64 cf9_read(void *owner, u64 offset, unsigned size)
{
	const struct reset *reset = owner;

	return reset->cf9;
}

static void cf9_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct reset *reset = owner;

	reset->cf9 = value & (CF9_SYSTEM_RESET | CF9_FULL_RESET);
	if (value & CF9_RESET_CPU)
		reset->request(reset->owner, "port CF9");
}

const struct bus_ops reset_cf9_ops = { cf9_read, cf9_write };

static u64 fast_read(void *owner, u64 offset, unsigned size)
{
	const struct reset *reset = owner;

	return reset->fast;
}

static void fast_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct reset *reset = owner;

	/* The A20 bit is only stored: addresses are never masked. */
	reset->fast = value & FAST_A20;
	if (value & FAST_RESET)
		reset->request(reset->owner, "port 92");
}

static const struct bus_ops fast_ops = { fast_read, fast_write };

static int add_port(struct reset *reset, struct bus_region *region, u16 port,
	const struct bus_ops *ops, pthread_mutex_t *lock)
{
	*region = (struct bus_region){
		.name = "reset",
		.range = { port, 1 },
		.rank = FLAT_RANK_PLATFORM,
		.ops = ops,
		.owner = reset,
		.lock = lock,
	};
	return bus_add(reset->pio, region);
}

int reset_open(struct reset *reset, struct bus *pio, pthread_mutex_t *lock,
	void (*request)(void *owner, const char *by), void *owner)
{
	int ret;

	*reset = (struct reset){ .pio = pio, .request = request, .owner = owner };
	reset_reset(reset);
	ret = add_port(reset, &reset->fast_port, PORT_FAST, &fast_ops, lock);
	if (ret)
		reset_close(reset);
	return ret;
}

void reset_close(struct reset *reset)
{
	if (!reset->pio)
		return;
	bus_remove(reset->pio, &reset->fast_port);
	reset->pio = NULL;
}

void reset_reset(struct reset *reset)
{
	reset->cf9 = 0;
	reset->fast = FAST_A20;
}
