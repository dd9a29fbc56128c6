// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A port with which a guest ends its machine, for tests of kernels and firmware: writing a value
 * exits with status 2 * value + 1, as with QEMU's isa-debug-exit. The device exists only on
 * request, and never takes a port from another device.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vm/devices/kinds.h"

#define DEFAULT_PORT 0x501
#define MAX_VALUE    63 /* 2 * 63 + 1 is the highest status below those of signals */

struct debug_exit {
	struct bus *pio;
	struct bus_region region;
	const struct device_events *events;
	void *owner;
};

/* Parses "on" or a port that may be used. Returns 0 and sets @port, or -EINVAL. */
static int parse(const char *value, unsigned *port)
{
	char *end;
	unsigned long n;

	*port = DEFAULT_PORT;
	if (!strcmp(value, "on"))
		return 0;
	n = strtoul(value, &end, 0);
	if (value[0] < '0' || value[0] > '9' || *end || n < 0x100 || n > 0xffff)
		return -EINVAL;
	*port = (unsigned)n;
	return 0;
}

static int check(const char *value, struct err *err)
{
	unsigned port;

	if (!parse(value, &port))
		return 0;
	return err_set(err, EINVAL, "'%s' is neither on nor a port from 0x100 to 0xffff", value);
}

static u64 port_read(void *owner, u64 offset, unsigned size)
{
	return 0;
}

static void port_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct debug_exit *dev = owner;

	dev->events->exit(dev->owner, 2 * (value > MAX_VALUE ? MAX_VALUE : (unsigned)value) + 1);
}

static const struct bus_ops ops = { port_read, port_write };

static int attach(void *state, const struct device_parts *parts, struct err *err)
{
	struct debug_exit *dev = state;
	unsigned port = DEFAULT_PORT;
	int ret = parse(device_option_value(parts->config, &debug_exit_kind), &port);

	*dev = (struct debug_exit){
		.events = parts->events,
		.owner = parts->owner,
		.region = {
			.name = "debug exit",
			.range = { port, 1 },
			.rank = FLAT_RANK_PLATFORM,
			.ops = &ops,
			.owner = dev,
			.lock = &parts->board->lock,
		},
	};
	if (!ret)
		ret = bus_add(parts->pio, &dev->region);
	if (ret)
		return err_sys(err, -ret, "--emulate debug-exit: cannot make the port 0x%x", port);
	dev->pio = parts->pio;
	return 0;
}

static void close(void *state)
{
	struct debug_exit *dev = state;

	if (dev->pio)
		bus_remove(dev->pio, &dev->region);
}

static const struct device_option option = {
	.name = "debug-exit",
	.check = check,
};

const struct device_kind debug_exit_kind = {
	.name = "debug-exit",
	.size = sizeof(struct debug_exit),
	.option = &option,
	.attach = attach,
	.close = close,
};
