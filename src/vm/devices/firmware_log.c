// SPDX-License-Identifier: GPL-2.0-or-later
/* The firmware's debug log, for `tenon run --verbose`. */
#include "base/log.h"
#include "vm/dev/debug_port.h"
#include "vm/devices/kinds.h"

/*
 * Without --verbose nobody reads the log, and firmware that finds no port saves thousands of exits.
 */
static bool wanted(const struct machine_config *config)
{
	return log_enabled(LOG_DEBUG);
}

static void on_line(void *owner, const char *text)
{
	log_debug("firmware: %s", text);
}

static int attach(void *dev, const struct device_parts *parts, struct err *err)
{
	int ret = debug_port_open(dev, parts->pio, &parts->board->lock, on_line, NULL);

	return ret ? err_sys(err, -ret, "cannot make the port for the firmware's log") : 0;
}

static void close(void *dev)
{
	debug_port_close(dev);
}

const struct device_kind firmware_log_kind = {
	.name = "firmware-log",
	.size = sizeof(struct debug_port),
	.wanted = wanted,
	.attach = attach,
	.close = close,
};
