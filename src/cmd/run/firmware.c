// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/run/firmware.h"

#include <errno.h>
#include <string.h>

#include "cmd/ui/options.h"

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

int run_secure_boot_apply(void *target, char *value, struct err *err)
{
	struct run_request *request = target;

	return option_switch("--secure-boot", value, &request->config.firmware.secure_boot, err);
}

bool run_secure_boot_print(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;

	fputs(request->config.firmware.secure_boot ? "on" : "off", out);
	return true;
}

static int check_secure_boot(const struct machine_config *config, struct err *err)
{
	if (!config->firmware.secure_boot)
		return 0;
	if (config->kernel) {
		err_set(err, EINVAL,
			"--secure-boot and --kernel exclude each other: firmware does not check "
			"the signature of a kernel that the host hands to it");
		return err_help(err, "Let the firmware start the kernel from a disk.");
	}
	if (config->firmware.kind != FIRMWARE_UEFI)
		return err_set(
			err, EINVAL, "--secure-boot needs UEFI: a BIOS checks no signatures");
	return 0;
}

int run_firmware_choose(struct run_request *request, struct err *err)
{
	struct machine_config *config = &request->config;

	if (!request->firmware_given)
		config->firmware.kind = config->kernel ? FIRMWARE_NONE : FIRMWARE_UEFI;
	if (!config->kernel && config->firmware.kind == FIRMWARE_NONE)
		return err_set(err, EINVAL, "--firmware none needs --kernel FILE");
	return check_secure_boot(config, err);
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
