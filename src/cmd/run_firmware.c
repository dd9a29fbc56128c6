// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/run_firmware.h"

#include <errno.h>
#include <string.h>

static const char *const kinds[] = {
	[FIRMWARE_NONE] = "none",
	[FIRMWARE_UEFI] = "uefi",
	[FIRMWARE_BIOS] = "bios",
};

int run_firmware_apply(struct run_request *request, char *value, struct err *err)
{
	for (unsigned kind = 0; kind < ARRAY_SIZE(kinds); kind++)
		if (!strcmp(value, kinds[kind])) {
			request->config.firmware.kind = (enum firmware_kind)kind;
			return 0;
		}
	return err_set(err, EINVAL, "--firmware is none, bios or uefi, not '%s'", value);
}

bool run_firmware_print(const struct run_request *request, unsigned n, FILE *out)
{
	fputs(kinds[request->config.firmware.kind], out);
	return true;
}

int run_firmware_code_apply(struct run_request *request, char *value, struct err *err)
{
	request->config.firmware.code = value;
	return 0;
}

bool run_firmware_code_print(const struct run_request *request, unsigned n, FILE *out)
{
	if (request->config.firmware.code)
		fputs(request->config.firmware.code, out);
	return request->config.firmware.code != NULL;
}

int run_firmware_vars_apply(struct run_request *request, char *value, struct err *err)
{
	request->config.firmware.vars = value;
	return 0;
}

bool run_firmware_vars_print(const struct run_request *request, unsigned n, FILE *out)
{
	if (request->config.firmware.vars)
		fputs(request->config.firmware.vars, out);
	return request->config.firmware.vars != NULL;
}
