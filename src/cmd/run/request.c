// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/log.h"
#include "base/own.h"
#include "cmd/run/firmware.h"
#include "cmd/run/options.h"
#include "cmd/run/pool.h"
#include "cmd/run/profile.h"
#include "cmd/run/sleep.h"
#include "cmd/run/tpm.h"
#include "cmd/ui/suboptions.h"
#include "vm/devices/display.h"

#define DEFAULT_MEMORY (2 * GIB)
#define DEFAULT_SERIAL "stdio"

void run_request_init(struct run_request *request)
{
	*request = (struct run_request){
		.config = {
			.memory = DEFAULT_MEMORY,
			.cpus = 1,
			.serial = DEFAULT_SERIAL,
			.ram = RAM_CONFIG_DEFAULT,
			.devices = request->devices,
			.disks = request->disks,
			.nets = request->nets,
			.shares = request->shares,
		},
	};
}

void run_request_free(struct run_request *request)
{
	while (request->nr_texts)
		free(request->texts[--request->nr_texts]);
	free(request->texts);
	request->texts = NULL;
}

/* Gives @text to @request, and frees it if that fails. Returns NULL then, and for NULL. */
static char *keep(struct run_request *request, char *text)
{
	if (!text || array_room(request->texts, request->nr_texts, 1)) {
		free(text);
		return NULL;
	}
	request->texts[request->nr_texts++] = text;
	return text;
}

int run_option_apply(struct run_request *request, const struct cmd_option *option,
	const char *value, struct err *err)
{
	char *kept = NULL;

	if (value) {
		kept = keep(request, strdup(value));
		if (!kept)
			return err_sys(err, ENOMEM, "cannot keep --%s", option->name);
		request->something = true;
	}
	request->given[option - run_options] = true;
	return option_apply(option, request, kept, err);
}

/*
 * Inserts @directory after the first @skip bytes of @text. The caller frees the result; NULL
 * without memory.
 */
static char *below(const char *text, size_t skip, const char *directory)
{
	char *joined;

	return asprintf(&joined, "%.*s%s/%s", (int)skip, text, directory, text + skip) < 0 ? NULL
											   : joined;
}

int run_path(struct run_request *request, const char **text, size_t skip, struct err *err)
{
	if (!request->directory || !(*text)[skip] || (*text)[skip] == '/')
		return 0;
	*text = keep(request, below(*text, skip, request->directory));
	return *text ? 0 : err_sys(err, ENOMEM, "cannot keep a path");
}

void run_print_path(const char *path, FILE *out)
{
	char here[PATH_MAX];

	if (*path && *path != '/' && getcwd(here, sizeof(here)))
		fprintf(out, "%s/", here);
	fputs(path, out);
}

void run_print_path_first(const char *path, FILE *out)
{
	own_free char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return;
	run_print_path(path, f);
	if (!fclose(f))
		suboption_print_text(text, out);
}

int run_request_set_directory(struct run_request *request, const char *file, struct err *err)
{
	char *directory = NULL, *slash;
	size_t size;
	FILE *f = open_memstream(&directory, &size);

	if (!f)
		return err_sys(err, ENOMEM, "cannot keep a path");
	run_print_path(file, f);
	fclose(f);
	slash = directory ? strrchr(directory, '/') : NULL;
	if (slash)
		*slash = '\0';
	request->directory = keep(request, directory);
	return request->directory ? 0 : err_sys(err, ENOMEM, "cannot keep a path");
}

void run_request_clear_directory(struct run_request *request)
{
	request->directory = NULL;
}

static int needs(const char *given, const char *option, const char *wanted, struct err *err)
{
	if (!given)
		return 0;
	return err_set(err, EINVAL, "--%s has no effect without %s", option, wanted);
}

/* Refuses options that would have no effect: they are a mistake. */
static int check_effect(const struct machine_config *config, struct err *err)
{
	int ret = 0;

	if (!config->kernel) {
		ret = needs(config->append, "append", "--kernel FILE", err);
		if (!ret)
			ret = needs(config->initrd, "initrd", "--kernel FILE", err);
	}
	if (!ret && config->firmware.kind != FIRMWARE_UEFI)
		ret = needs(config->firmware.vars, "firmware-vars", "--firmware uefi", err);
	if (!ret && config->firmware.kind == FIRMWARE_NONE &&
		(config->boot.nr || config->boot.menu))
		ret = needs("", "boot", "--firmware uefi or bios", err);
	if (!ret && config->firmware.kind == FIRMWARE_NONE)
		ret = needs(config->firmware.code, "firmware-code", "--firmware uefi or bios", err);
	return ret;
}

static int check_taking(const struct run_request *request, struct err *err)
{
	if (request->yes && !request->take_display)
		return err_set(err, EINVAL, "--yes has no effect without --take-display");
	if (request->take_display && !request->config.nr_devices)
		return err_set(err, EINVAL,
			"--take-display has no effect without --device ADDRESS, the card to take");
	return 0;
}

/* Both may be at odds with what a profile asks for, which the user has not named. */
static int check_parts(struct run_request *request, struct err *err)
{
	int ret = run_tpm_check(&request->config, err);

	if (!ret)
		ret = run_sleep_check(&request->config, err);
	if (!ret)
		ret = run_firmware_choose(request, err);
	if (ret && request->profile)
		err_wrap(err, "--for %s", request->profile->name);
	return ret;
}

int run_request_check(struct run_request *request, struct err *err)
{
	int ret;

	if (!request->something) {
		err_set(err, EINVAL, "there is nothing to start");
		return err_help(err,
			"tenon run --device ADDRESS   a guest with this device and UEFI "
			"firmware\n"
			"tenon run --kernel FILE      a kernel of the host");
	}
	ret = check_taking(request, err);
	if (ret)
		return ret;
	ret = display_check(&request->config.display, err);
	if (!ret)
		ret = check_parts(request, err);
	if (!ret)
		ret = run_pool_check(request, err);
	return ret ? ret : check_effect(&request->config, err);
}

void run_request_warn(const struct run_request *request)
{
	u64 host = (u64)sysconf(_SC_PHYS_PAGES) * (u64)sysconf(_SC_PAGESIZE);

	if (request->config.memory > host)
		log_warn("the guest's memory, %llu MiB, is more than this host has, %llu MiB",
			(unsigned long long)(request->config.memory / MIB),
			(unsigned long long)(host / MIB));
}
