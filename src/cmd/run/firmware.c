// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/run/firmware.h"

#include <errno.h>
#include <string.h>

static const char *const kinds[] = {
	[FIRMWARE_NONE] = "none",
	[FIRMWARE_UEFI] = "uefi",
	[FIRMWARE_BIOS] = "bios",
};

int run_firmware_apply(void *target, char *value, struct err *err)
{
	struct run_request *request = target;

	request->firmware_given = strcmp(value, "auto");
	if (!request->firmware_given)
		return 0;
	for (unsigned kind = 0; kind < ARRAY_SIZE(kinds); kind++)
		if (!strcmp(value, kinds[kind])) {
			request->config.firmware.kind = (enum firmware_kind)kind;
			return 0;
		}
	return err_set(err, EINVAL, "--firmware is auto, none, bios or uefi, not '%s'", value);
}

bool run_firmware_print(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;

	fputs(request->firmware_given ? kinds[request->config.firmware.kind] : "auto", out);
	return true;
}

int run_firmware_choose(struct run_request *request, struct err *err)
{
	struct machine_config *config = &request->config;

	if (!request->firmware_given)
		config->firmware.kind = config->kernel ? FIRMWARE_NONE : FIRMWARE_UEFI;
	if (!config->kernel && config->firmware.kind == FIRMWARE_NONE)
		return err_set(err, EINVAL, "--firmware none needs --kernel FILE");
	return 0;
}

static bool print_path(const char *path, FILE *out)
{
	if (path)
		run_print_path(path, out);
	return path != NULL;
}

int run_firmware_code_apply(void *target, char *value, struct err *err)
{
	struct run_request *request = target;

	request->config.firmware.code = value;
	return run_path(request, &request->config.firmware.code, 0, err);
}

bool run_firmware_code_print(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;

	return print_path(request->config.firmware.code, out);
}

int run_firmware_vars_apply(void *target, char *value, struct err *err)
{
	struct run_request *request = target;

	request->config.firmware.vars = value;
	return run_path(request, &request->config.firmware.vars, 0, err);
}

bool run_firmware_vars_print(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;

	return print_path(request->config.firmware.vars, out);
}
