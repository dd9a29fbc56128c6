// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A battery in the ACPI tables, always full. Drivers of NVIDIA's mobile cards look for one, and do
 * not start the card without it.
 */
#include <errno.h>
#include <string.h>

#include "vm/devices/battery/battery.hex"
#include "vm/devices/kinds.h"

/* Nothing has a state; a struct of no bytes could not be told from no device. */
struct battery {
	bool there;
};

static int check(const char *value, struct err *err)
{
	if (!strcmp(value, "on"))
		return 0;
	return err_set(err, EINVAL, "it takes no value, or on, not '%s'", value);
}

static struct acpi_fragment acpi(const void *dev)
{
	return (struct acpi_fragment){ battery_aml_code, sizeof(battery_aml_code) };
}

static const struct device_option option = {
	.name = "battery",
	.check = check,
};

const struct device_kind battery_kind = {
	.name = "battery",
	.size = sizeof(struct battery),
	.option = &option,
	.acpi = acpi,
};
