// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/run/sleep.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *name;
	struct sleep_config sleep;
} values[] = {
	{ "off", { false, false } },
	{ "on", { true, true } },
	{ "ram", { .ram = true } },
	{ "disk", { .disk = true } },
};

int run_sleep_apply(void *target, char *value, struct err *err)
{
	struct run_request *request = target;

	for (unsigned i = 0; i < ARRAY_SIZE(values); i++)
		if (!strcmp(value, values[i].name)) {
			request->config.sleep = values[i].sleep;
			return 0;
		}
	return err_set(err, EINVAL, "--sleep is on, off, ram or disk, not '%s'", value);
}

bool run_sleep_print(const void *target, unsigned n, FILE *out)
{
	const struct sleep_config *sleep = &((const struct run_request *)target)->config.sleep;

	for (unsigned i = 0; i < ARRAY_SIZE(values); i++)
		if (values[i].sleep.ram == sleep->ram && values[i].sleep.disk == sleep->disk)
			fputs(values[i].name, out);
	return true;
}

static const char *const policies[] = {
	[HOST_SLEEP_AUTO] = "auto",
	[HOST_SLEEP_IGNORE] = "ignore",
	[HOST_SLEEP_INHIBIT] = "inhibit",
	[HOST_SLEEP_SUSPEND] = "suspend",
	[HOST_SLEEP_STOP] = "stop",
};

int run_host_sleep_apply(void *target, char *value, struct err *err)
{
	struct run_request *request = target;

	for (unsigned i = 0; i < ARRAY_SIZE(policies); i++)
		if (!strcmp(value, policies[i])) {
			request->config.on_host_sleep = i;
			return 0;
		}
	return err_set(err, EINVAL,
		"--on-host-sleep is auto, ignore, inhibit, suspend or stop, not '%s'", value);
}

bool run_host_sleep_print(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;

	fputs(policies[request->config.on_host_sleep], out);
	return true;
}

int run_sleep_check(const struct machine_config *config, struct err *err)
{
	if (config->on_host_sleep == HOST_SLEEP_SUSPEND && !config->sleep.ram)
		return err_set(err, EINVAL,
			"--on-host-sleep suspend needs a guest that may sleep: --sleep ram");
	if (!config->sleep.ram || !config->nr_shares)
		return 0;
	return err_set(err, EINVAL,
		"--sleep %s does not go with --share: the guest's driver of shared directories "
		"refuses to sleep; --sleep disk does",
		config->sleep.disk ? "on" : "ram");
}
