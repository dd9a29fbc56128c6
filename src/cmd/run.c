// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "vm/machine.h"

#define DEFAULT_MEMORY (2 * GIB)
#define MAX_GRACE      3600
#define MAX_CPUS       1024 /* what KVM has is less, and it says so itself */

/* Exit codes of `tenon run` beyond those of every command; see tenon-run(1). */
enum {
	EXIT_RESET = 10,
	EXIT_TRIPLE_FAULT = 11,
	EXIT_BROKEN = 12,
	EXIT_DEVICE_LOST = 13,
	EXIT_CONSOLE_GONE = 14,
	EXIT_SIGNALLED = 128, /* and the signal's number */
};

static const char usage[] =
	"Usage: tenon run --kernel FILE [OPTIONS]\n"
	"\n"
	"Runs a virtual machine until it powers itself off.\n"
	"\n"
	"  --kernel FILE        boot this kernel (a bzImage) directly\n"
	"  --initrd FILE        its initial RAM disk\n"
	"  --append TEXT        its command line\n"
	"  --memory SIZE        guest memory, e.g. 512M or 8G (default 2G)\n"
	"  --cpus N             virtual processors (default 1)\n"
	"  --serial stdio|file:PATH|none\n"
	"                       the first serial port (default stdio; Ctrl-A h for its keys)\n"
	"  --no-reboot          end when the guest resets, instead of starting it again\n"
	"  --grace SECONDS      on SIGTERM press the power button and wait this long\n"
	"  -v, --verbose        say more\n";

enum run_option {
	OPT_KERNEL = 256,
	OPT_INITRD,
	OPT_APPEND,
	OPT_MEMORY,
	OPT_CPUS,
	OPT_SERIAL,
	OPT_NO_REBOOT,
	OPT_GRACE
};

static const struct option long_options[] = {
	{ "kernel", required_argument, NULL, OPT_KERNEL },
	{ "initrd", required_argument, NULL, OPT_INITRD },
	{ "append", required_argument, NULL, OPT_APPEND },
	{ "memory", required_argument, NULL, OPT_MEMORY },
	{ "cpus", required_argument, NULL, OPT_CPUS },
	{ "serial", required_argument, NULL, OPT_SERIAL },
	{ "no-reboot", no_argument, NULL, OPT_NO_REBOOT },
	{ "grace", required_argument, NULL, OPT_GRACE },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static int apply(struct machine_config *config, int option, char *value, struct err *err)
{
	u64 n = 0;
	int ret = 0;

	switch (option) {
	case OPT_KERNEL:
		config->kernel = value;
		break;
	case OPT_INITRD:
		config->initrd = value;
		break;
	case OPT_APPEND:
		config->append = value;
		break;
	case OPT_MEMORY:
		ret = option_size(value, MIB, &config->memory, err);
		break;
	case OPT_CPUS:
		ret = option_number("--cpus", value, 1, MAX_CPUS, &n, err);
		config->cpus = (unsigned)n;
		break;
	case OPT_SERIAL:
		config->serial = value;
		break;
	case OPT_NO_REBOOT:
		config->no_reboot = true;
		break;
	case OPT_GRACE:
		ret = option_number("--grace", value, 0, MAX_GRACE, &n, err);
		config->grace = (unsigned)n;
		break;
	}
	return ret;
}

static int exit_code(const struct machine_result *result)
{
	switch (result->end) {
	case MACHINE_POWERED_OFF:
	case MACHINE_QUIT:
		return EXIT_FINE;
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

int cmd_run(int argc, char **argv)
{
	struct machine_config config = {
		.memory = DEFAULT_MEMORY,
		.cpus = 1,
		.serial = "stdio",
	};
	struct machine_result result;
	enum log_level level = LOG_INFO;
	struct err err = { 0 };
	int option;

	while ((option = getopt_long(argc, argv, "vh", long_options, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return EXIT_FINE;
		}
		if (option == '?')
			return EXIT_USAGE;
		if (option == 'v')
			level = LOG_DEBUG;
		else if (apply(&config, option, optarg, &err)) {
			log_err(&err);
			return EXIT_USAGE;
		}
	}
	log_set_level(level);
	if (optind < argc) {
		log_error("run: unexpected argument '%s'", argv[optind]);
		return EXIT_USAGE;
	}
	if (!config.kernel) {
		log_error("run: --kernel FILE is missing");
		return EXIT_USAGE;
	}

	if (machine_run(&config, &result, &err)) {
		log_err(&err);
		return EXIT_CANNOT;
	}
	if (*result.why)
		log_error("%s", result.why);
	return exit_code(&result);
}
