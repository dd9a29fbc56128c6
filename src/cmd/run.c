// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	"  --device ADDRESS[,OPTION=VALUE...]\n"
	"                       give the guest this PCI device of the host, e.g. 01:00.0; once "
	"for\n"
	"                       each function. rom=FILE|off: another option ROM, or none;\n"
	"                       mmap=off: trap every access to its BARs; msi=off: INTx only\n"
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
	OPT_DEVICE,
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
	{ "device", required_argument, NULL, OPT_DEVICE },
	{ "serial", required_argument, NULL, OPT_SERIAL },
	{ "no-reboot", no_argument, NULL, OPT_NO_REBOOT },
	{ "grace", required_argument, NULL, OPT_GRACE },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/* What the command line asks for; @config points into it. */
struct request {
	struct machine_config config;
	struct vfio_assign_request devices[VFIO_MAX_DEVICES];
};

static int device_option(
	struct vfio_options *options, const char *key, const char *value, struct err *err)
{
	bool on = true;
	int ret;

	if (!strcmp(key, "rom") && value && *value) {
		options->rom_off = !strcmp(value, "off");
		options->rom_file = options->rom_off ? NULL : value;
		return 0;
	}
	if (!strcmp(key, "mmap")) {
		ret = option_switch("mmap", value, &on, err);
		options->mmap_off = !on;
		return ret;
	}
	if (!strcmp(key, "msi")) {
		ret = option_switch("msi", value, &on, err);
		options->msi_off = !on;
		return ret;
	}
	return err_set(err, EINVAL, "--device has no option '%s'", key);
}

/* @text is cut in place. */
static int add_device(struct request *request, char *text, struct err *err)
{
	struct vfio_assign_request *device = &request->devices[request->config.nr_devices];
	char *key, *value;
	int ret = 0;

	if (request->config.nr_devices == VFIO_MAX_DEVICES)
		return err_set(err, E2BIG, "more than %d devices", VFIO_MAX_DEVICES);
	if (!option_next(&text, &key, &value) || value || pci_addr_parse(key, &device->addr))
		return err_set(
			err, EINVAL, "--device: '%s' is not a PCI address such as 01:00.0", key);
	while (!ret && option_next(&text, &key, &value))
		ret = device_option(&device->options, key, value, err);
	request->config.nr_devices++;
	return ret;
}

static int apply(struct request *request, int option, char *value, struct err *err)
{
	struct machine_config *config = &request->config;
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
	case OPT_DEVICE:
		ret = add_device(request, value, err);
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

/* Returns an exit code, or -1 to go on. */
static int parse(struct request *request, int argc, char **argv)
{
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
		else if (apply(request, option, optarg, &err)) {
			log_err(&err);
			return EXIT_USAGE;
		}
	}
	log_set_level(level);
	if (optind < argc) {
		log_error("run: unexpected argument '%s'", argv[optind]);
		return EXIT_USAGE;
	}
	if (!request->config.kernel) {
		log_error("run: --kernel FILE is missing");
		return EXIT_USAGE;
	}
	return -1;
}

static int run(const struct machine_config *config)
{
	struct machine_result result;
	struct err err = { 0 };

	if (machine_run(config, &result, &err)) {
		log_err(&err);
		return EXIT_CANNOT;
	}
	if (*result.why)
		log_error("%s", result.why);
	return exit_code(&result);
}

int cmd_run(int argc, char **argv)
{
	struct request *request = calloc(1, sizeof(*request));
	int code;

	if (!request)
		return EXIT_CANNOT;
	request->config = (struct machine_config){
		.memory = DEFAULT_MEMORY,
		.cpus = 1,
		.serial = "stdio",
		.devices = request->devices,
	};
	code = parse(request, argc, argv);
	if (code < 0)
		code = run(&request->config);
	free(request);
	return code;
}
