// SPDX-License-Identifier: GPL-2.0-or-later
/* --input: keyboards and mice of the host, for the guest's keyboard and mouse. */
#include "vm/devices/kinds.h"
#include "vm/input/evdev.h"

static bool wanted(const struct machine_config *config)
{
	return config->input.wanted;
}

static int open(void *dev, const struct device_parts *parts, struct err *err)
{
	return evdev_open(dev, &parts->config->input, parts->config->sandbox == SANDBOX_OFF,
		parts->loop, err);
}

static int attach(void *dev, const struct device_parts *parts, struct err *err)
{
	return evdev_connect(dev, machine_input(parts->set), err);
}

static int begin(void *dev, const struct device_parts *parts, struct err *err)
{
	evdev_begin(dev);
	return 0;
}

static void close(void *dev)
{
	evdev_close(dev);
}

const struct device_kind host_input_kind = {
	.name = "input",
	.size = sizeof(struct evdev),
	.wanted = wanted,
	.open = open,
	.attach = attach,
	.begin = begin,
	.close = close,
};
