// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/own.h"
#include "cmd/cmd.h"
#include "cmd/run/file.h"
#include "cmd/run/options.h"
#include "cmd/run/pool.h"
#include "cmd/run/vga.h"
#include "vm/machine.h"

/* Exit codes of `tenon run` beyond those of every command; see tenon-run(1). */
enum {
	EXIT_RESET = 10,
	EXIT_TRIPLE_FAULT = 11,
	EXIT_BROKEN = 12,
	EXIT_DEVICE_LOST = 13,
	EXIT_CONSOLE_GONE = 14,
	EXIT_SIGNALLED = 128, /* and the signal's number */
};

static int exit_code(const struct machine_result *result)
{
	switch (result->end) {
	case MACHINE_POWERED_OFF:
	case MACHINE_QUIT:
		return EXIT_FINE;
	case MACHINE_EXITED:
		return (int)result->status;
	case MACHINE_RESET:
		return EXIT_RESET;
	case MACHINE_TRIPLE_FAULT:
		return EXIT_TRIPLE_FAULT;
	case MACHINE_SIGNALLED:
		return EXIT_SIGNALLED + result->signal;
	case MACHINE_CONSOLE_GONE:
		return EXIT_CONSOLE_GONE;
	case MACHINE_DEVICE_LOST:
		return EXIT_DEVICE_LOST;
	case MACHINE_BROKEN:
		return EXIT_BROKEN;
	}
	return EXIT_CANNOT;
}

/* Returns an exit code, or -1 to go on. */
static int parse(struct run_request *request, int argc, char **argv)
{
	struct err err = { 0 };
	int ret = run_options_parse(request, argc, argv, &err);

	if (!ret && request->help) {
		run_options_help(stdout);
		return EXIT_FINE;
	}
	if (!ret && request->print_config) {
		ret = run_file_write(request, stdout, &err);
		if (!ret)
			return EXIT_FINE;
	}
	if (!ret)
		ret = run_request_check(request, &err);
	if (ret) {
		err_wrap(&err, "run");
		log_err(&err);
		return EXIT_USAGE;
	}
	log_set_level(request->verbose ? LOG_DEBUG : LOG_INFO);
	return -1;
}

static int run(struct run_request *request)
{
	struct machine_result result;
	struct err err = { 0 };
	int ret = run_pool_take(request, &err);

	for (unsigned i = 0; i < request->config.nr_devices; i++)
		request->devices[i].options.bios = request->config.firmware.kind == FIRMWARE_BIOS &&
						   !request->config.display.vnc;
	if (!ret)
		run_vga_warn(request);
	if (!ret)
		ret = machine_run(&request->config, &result, &err);
	close_fd(&request->config.ram.file);
	if (ret) {
		log_err(&err);
		return EXIT_CANNOT;
	}
	if (*result.why)
		log_error("%s", result.why);
	return exit_code(&result);
}

int cmd_run(int argc, char **argv)
{
	struct run_request *request = calloc(1, sizeof(*request));
	int code;

	if (!request)
		return EXIT_CANNOT;
	run_request_init(request);
	code = parse(request, argc, argv);
	if (code < 0)
		code = run(request);
	run_request_free(request);
	free(request);
	return code;
}
