// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "base/log.h"
#include "base/own.h"
#include "cmd/cmd.h"
#include "cmd/run/device.h"
#include "cmd/run/file.h"
#include "cmd/run/options.h"
#include "cmd/run/pool.h"
#include "cmd/run/profile.h"
#include "cmd/run/vga.h"
#include "cmd/take/take.h"
#include "vm/machine.h"

/* Exit codes of `tenon run` beyond those of every command; see tenon-run(1). */
enum {
	EXIT_RESET = 10,
	EXIT_TRIPLE_FAULT = 11,
	EXIT_BROKEN = 12,
	EXIT_DEVICE_LOST = 13,
	EXIT_CONSOLE_GONE = 14,
	EXIT_SIGNALLED = 128, /* plus the signal's number */
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

static int run(struct run_request *request, struct err *err)
{
	struct machine_result result;
	int ret = run_pool_take(request, err);

	for (unsigned i = 0; i < request->config.nr_devices; i++)
		request->devices[i].options.vga_screen =
			machine_first_screen(&request->config) == SCREEN_LEGACY_VGA;
	if (!ret)
		run_vga_warn(request);
	if (!ret)
		ret = machine_run(&request->config, &result, err);
	close_fd(&request->config.ram.file);
	if (ret)
		return EXIT_CANNOT;
	if (*result.why)
		log_error("%s", result.why);
	return exit_code(&result);
}

/* In a process of its own. */
static int run_alone(void *arg)
{
	struct err err = { 0 };
	int code = run(arg, &err);

	if (err.code)
		log_err(&err);
	return code;
}

static int take_and_run(struct run_request *request, struct err *err)
{
	struct pci_addr devices[VFIO_MAX_DEVICES];
	struct take_request take = {
		.devices = devices,
		.managed = !request->take_display,
		.yes = request->yes,
		.verbose = request->verbose,
		.run = run_alone,
		.arg = request,
	};

	for (unsigned i = 0; i < request->config.nr_devices; i++)
		if (request->take_display || request->devices[i].options.managed)
			devices[take.nr_devices++] = request->devices[i].addr;
	return take_display(&take, err);
}

/* Whether devices are taken from the host for the time of the machine. */
static bool takes(const struct run_request *request)
{
	for (unsigned i = 0; i < request->config.nr_devices; i++)
		if (request->devices[i].options.managed)
			return true;
	return request->take_display;
}

static int run_main(const struct cmd_call *call, struct err *err)
{
	struct run_request *request = call->args;

	if (request->print_config)
		return run_file_write(request, stdout, err) ? EXIT_USAGE : EXIT_FINE;
	log_set_level(request->verbose ? LOG_DEBUG : LOG_INFO);
	if (request->log_max)
		log_bound(request->log_max);
	if (run_device_expand(request, err))
		return EXIT_CANNOT;
	run_device_warn(request);
	run_request_warn(request);
	return takes(request) ? take_and_run(request, err) : run(request, err);
}

static void run_init(void *args)
{
	run_request_init(args);
}

/*
 * Reads the machine file first: an option of the command line replaces the file's value, or adds to
 * it if it is repeatable.
 */
static int run_operands(const struct cmd_call *call, struct err *err)
{
	return call->nr_operands ? run_file_read(call->args, call->operands[0], err) : 0;
}

static int run_apply(void *args, const struct cmd_option *option, char *value, struct err *err)
{
	return run_option_apply(args, option, value, err);
}

static int run_check(const struct cmd_call *call, struct err *err)
{
	struct run_request *request = call->args;

	int ret = run_profile_fill(request, err);

	return ret || request->print_config ? ret : run_request_check(request, err);
}

static void run_close(void *args)
{
	run_request_free(args);
}

const struct cmd cmd_run = {
	.name = "run",
	.summary = "run a virtual machine",
	.operands = "[FILE]",
	.description = "Runs a virtual machine until it powers itself off. FILE holds options, one "
		       "a line,\n"
		       "as 'memory: 8G'; those of the command line come on top.\n",
	.options = run_options,
	.notes = "tenon-run(1) has the exit codes from 10 on: how a guest ended that did not power "
		 "itself off.\n",
	.exits = { "it powered itself off" },
	.args_size = sizeof(struct run_request),
	.init = run_init,
	.take_operands = run_operands,
	.apply = run_apply,
	.check = run_check,
	.main = run_main,
	.close = run_close,
};
