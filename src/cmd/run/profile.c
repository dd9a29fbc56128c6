// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/run/profile.h"

#include <errno.h>
#include <string.h>

const struct profile run_profiles[] = {
	/* What its installer asks for, and disks that it has a driver for. */
	{ "windows11", DISK_NVME,
		{
			{ "hyperv", "on" },
			{ "rtc", "localtime" },
			{ "sound", "on" },
			{ "tpm", "on" },
			{ "secure-boot", "on" },
			{ "usb-input", "on" },
		} },
	{ "windows10", DISK_NVME,
		{
			{ "hyperv", "on" },
			{ "rtc", "localtime" },
			{ "sound", "on" },
			{ "usb-input", "on" },
		} },
	{ "linux", DISK_VIRTIO,
		{
			{ "rtc", "utc" },
			{ "rng", "on" },
			{ "sound", "on" },
			{ "usb-input", "on" },
		} },
	{ NULL },
};

int run_profile_apply(void *target, char *value, struct err *err)
{
	struct run_request *request = target;

	for (const struct profile *profile = run_profiles; profile->name; profile++)
		if (!strcmp(profile->name, value)) {
			request->profile = profile;
			return 0;
		}
	return err_set(err, EINVAL, "--for is windows11, windows10 or linux, not '%s'", value);
}

bool run_profile_print(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;

	if (request->profile)
		fputs(request->profile->name, out);
	return request->profile;
}

int run_profile_fill(struct run_request *request, struct err *err)
{
	const struct profile *profile = request->profile;

	for (unsigned i = 0; profile && i < PROFILE_SETTINGS; i++) {
		const struct profile_setting *setting = &profile->settings[i];
		const struct cmd_option *option;
		int ret;

		if (!setting->option)
			break;
		option = option_find(run_options, setting->option, "--", err);
		if (!option)
			return -err->code;
		if (request->given[option - run_options])
			continue;
		ret = run_option_apply(request, option, setting->value, err);
		if (ret)
			return ret;
	}
	for (unsigned i = 0; profile && i < request->config.nr_disks; i++)
		if (request->disks[i].bus == DISK_VIRTIO && !request->disks[i].bus_given)
			request->disks[i].bus = profile->bus;
	return 0;
}
