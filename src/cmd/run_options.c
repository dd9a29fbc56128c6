// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/run_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/nearest.h"
#include "cmd/options.h"
#include "cmd/run_device.h"
#include "cmd/run_firmware.h"

#define DEFAULT_MEMORY (2 * GIB)
#define DEFAULT_SERIAL "stdio"
#define MAX_GRACE      3600
#define MAX_CPUS       1024 /* what KVM has is less, and it says so itself */

#define MAX_OPTIONS 128 /* rows of the table, for getopt's copy */
#define HELP_COLUMN 23

static bool print_text(const char *text, FILE *out)
{
	if (text)
		fputs(text, out);
	return text != NULL;
}

static bool print_number(unsigned n, FILE *out)
{
	fprintf(out, "%u", n);
	return true;
}

static int apply_switch(const char *what, const char *value, bool *on, struct err *err)
{
	if (value)
		return option_switch(what, value, on, err);
	*on = true;
	return 0;
}

static bool print_switch(bool on, FILE *out)
{
	fputs(on ? "on" : "off", out);
	return true;
}

static int apply_name(struct run_request *request, char *value, struct err *err)
{
	request->config.name = value;
	return 0;
}

static bool print_name(const struct run_request *request, unsigned n, FILE *out)
{
	return print_text(request->config.name, out);
}

static int apply_kernel(struct run_request *request, char *value, struct err *err)
{
	request->config.kernel = value;
	return 0;
}

static bool print_kernel(const struct run_request *request, unsigned n, FILE *out)
{
	return print_text(request->config.kernel, out);
}

static int apply_initrd(struct run_request *request, char *value, struct err *err)
{
	request->config.initrd = value;
	return 0;
}

static bool print_initrd(const struct run_request *request, unsigned n, FILE *out)
{
	return print_text(request->config.initrd, out);
}

static int apply_append(struct run_request *request, char *value, struct err *err)
{
	request->config.append = value;
	return 0;
}

static bool print_append(const struct run_request *request, unsigned n, FILE *out)
{
	return print_text(request->config.append, out);
}

static int apply_memory(struct run_request *request, char *value, struct err *err)
{
	return option_size(value, MIB, &request->config.memory, err);
}

/* The largest suffix that leaves a whole number; below KIB there is none. */
static bool print_memory(const struct run_request *request, unsigned n, FILE *out)
{
	static const char suffixes[] = "KMGT";
	u64 size = request->config.memory / KIB;
	unsigned i = 0;

	for (; suffixes[i + 1] && size % KIB == 0; i++)
		size /= KIB;
	fprintf(out, "%llu%c", (unsigned long long)size, suffixes[i]);
	return true;
}

static int apply_cpus(struct run_request *request, char *value, struct err *err)
{
	u64 n = 0;
	int ret = option_number("--cpus", value, 1, MAX_CPUS, &n, err);

	request->config.cpus = (unsigned)n;
	return ret;
}

static bool print_cpus(const struct run_request *request, unsigned n, FILE *out)
{
	return print_number(request->config.cpus, out);
}

static int apply_serial(struct run_request *request, char *value, struct err *err)
{
	request->config.serial = value;
	return 0;
}

static bool print_serial(const struct run_request *request, unsigned n, FILE *out)
{
	return print_text(request->config.serial, out);
}

static int apply_no_reboot(struct run_request *request, char *value, struct err *err)
{
	return apply_switch("--no-reboot", value, &request->config.no_reboot, err);
}

static bool print_no_reboot(const struct run_request *request, unsigned n, FILE *out)
{
	return print_switch(request->config.no_reboot, out);
}

static int apply_grace(struct run_request *request, char *value, struct err *err)
{
	u64 n = 0;
	int ret = option_number("--grace", value, 0, MAX_GRACE, &n, err);

	request->config.grace = (unsigned)n;
	return ret;
}

static bool print_grace(const struct run_request *request, unsigned n, FILE *out)
{
	return print_number(request->config.grace, out);
}

static int apply_verbose(struct run_request *request, char *value, struct err *err)
{
	return apply_switch("--verbose", value, &request->verbose, err);
}

static bool print_verbose(const struct run_request *request, unsigned n, FILE *out)
{
	return print_switch(request->verbose, out);
}

static int apply_help(struct run_request *request, char *value, struct err *err)
{
	request->help = true;
	return 0;
}

/* In the order of the help and of a printed file. */
const struct run_option run_options[] = {
	{ "name", 0, RUN_VALUE, "NAME",
		"the machine's name, under which the host keeps its UEFI variables", apply_name,
		print_name },
	{ "firmware", 0, RUN_VALUE, "none|bios|uefi",
		"what starts the guest (default none: the kernel directly)", run_firmware_apply,
		run_firmware_print },
	{ "firmware-code", 0, RUN_VALUE, "FILE",
		"the firmware's image, instead of the one that the host has",
		run_firmware_code_apply, run_firmware_code_print },
	{ "firmware-vars", 0, RUN_VALUE, "FILE",
		"where the UEFI variables are kept, instead of under the name",
		run_firmware_vars_apply, run_firmware_vars_print },
	{ "kernel", 0, RUN_VALUE, "FILE", "boot this kernel (a bzImage)", apply_kernel,
		print_kernel },
	{ "initrd", 0, RUN_VALUE, "FILE", "its initial RAM disk", apply_initrd, print_initrd },
	{ "append", 0, RUN_VALUE, "TEXT", "its command line", apply_append, print_append },
	{ "memory", 0, RUN_VALUE, "SIZE", "guest memory, e.g. 512M or 8G (default 2G)",
		apply_memory, print_memory },
	{ "cpus", 0, RUN_VALUE, "N", "virtual processors (default 1)", apply_cpus, print_cpus },
	{ "device", 0, RUN_LIST, "ADDRESS[,OPTION=VALUE...]",
		"give the guest this PCI device of the host, e.g. 01:00.0; once for\n"
		"each function. rom=FILE|off: another option ROM, or none;\n"
		"mmap=off: trap every access to its BARs; msi=off: INTx only;\n"
		"slot=root-bus: without a root port above it",
		run_device_apply, run_device_print },
	{ "serial", 0, RUN_VALUE, "stdio|file:PATH|none",
		"the first serial port (default stdio; Ctrl-A h for its keys)", apply_serial,
		print_serial },
	{ "no-reboot", 0, RUN_SWITCH, NULL,
		"end when the guest resets, instead of starting it again", apply_no_reboot,
		print_no_reboot },
	{ "grace", 0, RUN_VALUE, "SECONDS", "on SIGTERM press the power button and wait this long",
		apply_grace, print_grace },
	{ "verbose", 'v', RUN_SWITCH, NULL, "say more", apply_verbose, print_verbose },
	{ "help", 'h', RUN_ACTION, NULL, "print this text", apply_help, NULL },
	{ NULL },
};

void run_request_init(struct run_request *request)
{
	*request = (struct run_request){
		.config = {
			.memory = DEFAULT_MEMORY,
			.cpus = 1,
			.serial = DEFAULT_SERIAL,
			.devices = request->devices,
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

static const char *name_at(const void *table, unsigned i)
{
	return ((const struct run_option *)table)[i].name;
}

const struct run_option *run_option_find(const char *name, const char *dashes, struct err *err)
{
	const char *near;

	for (const struct run_option *option = run_options; option->name; option++)
		if (!strcmp(option->name, name))
			return option;
	near = nearest_name(name, name_at, run_options);
	err_set(err, EINVAL, "there is no option '%s%s'", dashes, name);
	if (near)
		err_help(err, "Did you mean '%s%s'?", dashes, near);
	return NULL;
}

static char *keep(struct run_request *request, const char *value)
{
	char **more = realloc(request->texts, (request->nr_texts + 1) * sizeof(*more));

	if (!more)
		return NULL;
	request->texts = more;
	more[request->nr_texts] = strdup(value);
	return more[request->nr_texts] ? more[request->nr_texts++] : NULL;
}

int run_option_apply(struct run_request *request, const struct run_option *option,
	const char *value, struct err *err)
{
	char *kept = NULL;

	if (value) {
		kept = keep(request, value);
		if (!kept)
			return err_sys(err, ENOMEM, "cannot keep --%s", option->name);
	}
	return option->apply(request, kept, err);
}

/* getopt's long and short options; a switch may have an argument, as --no-reboot=off. */
struct getopt_tables {
	struct option longs[MAX_OPTIONS + 1];
	char shorts[MAX_OPTIONS + 2];
};

/* getopt's value of a row, apart from its '?' and ':'. */
#define FIRST_ROW 256

static void fill_tables(struct getopt_tables *tables)
{
	static const int arguments[] = {
		[RUN_VALUE] = required_argument,
		[RUN_LIST] = required_argument,
		[RUN_SWITCH] = optional_argument,
		[RUN_ACTION] = no_argument,
	};
	char *letter = tables->shorts;

	*letter++ = ':';
	for (unsigned i = 0; run_options[i].name && i < MAX_OPTIONS; i++) {
		tables->longs[i] = (struct option){
			.name = run_options[i].name,
			.has_arg = arguments[run_options[i].kind],
			.val = FIRST_ROW + (int)i,
		};
		if (run_options[i].letter)
			*letter++ = run_options[i].letter;
	}
}

static const struct run_option *row_of(int value)
{
	if (value >= FIRST_ROW)
		return &run_options[value - FIRST_ROW];
	for (const struct run_option *option = run_options; option->name; option++)
		if (option->letter == value)
			return option;
	return NULL;
}

/* What getopt did not like; @word is where it stopped. */
static int refuse(int option, const char *word, struct err *err)
{
	char name[64];
	size_t len;

	if (option == ':')
		return err_set(err, EINVAL, "%s wants an argument", word);
	if (optopt >= FIRST_ROW)
		return err_set(err, EINVAL, "--%s takes no argument", row_of(optopt)->name);
	if (optopt)
		return err_set(err, EINVAL, "there is no option '-%c'", optopt);
	word += 2;
	len = strcspn(word, "=");
	snprintf(name, sizeof(name), "%.*s", (int)len, word);
	if (run_option_find(name, "--", err))
		return err_set(err, EINVAL, "unexpected '--%s'", word);
	return -EINVAL;
}

int run_options_parse(struct run_request *request, int argc, char **argv, struct err *err)
{
	struct getopt_tables tables = { 0 };
	int option, ret = 0;

	fill_tables(&tables);
	opterr = 0;
	optind = 0;
	while (!ret &&
		(option = getopt_long(argc, argv, tables.shorts, tables.longs, NULL)) != -1) {
		if (option == '?' || option == ':')
			return refuse(option, argv[optind - 1], err);
		ret = run_option_apply(request, row_of(option), optarg, err);
	}
	if (!ret && optind < argc)
		ret = err_set(err, EINVAL, "unexpected argument '%s'", argv[optind]);
	return ret;
}

int run_request_check(const struct run_request *request, struct err *err)
{
	if (!request->config.kernel && request->config.firmware.kind == FIRMWARE_NONE)
		return err_set(err, EINVAL, "--kernel FILE or --firmware is missing");
	return 0;
}

static void help_row(const struct run_option *option, FILE *out)
{
	const char *line = option->help, *end;
	int column = 2;

	fputs("  ", out);
	if (option->letter)
		column += fprintf(out, "-%c, ", option->letter);
	column += fprintf(out, "--%s", option->name);
	if (option->argument)
		column += fprintf(out, " %s", option->argument);
	if (column > HELP_COLUMN - 2) {
		fputc('\n', out);
		column = 0;
	}
	for (; *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		fprintf(out, "%*s%.*s\n", HELP_COLUMN - column, "", (int)(end - line), line);
		column = 0;
	}
}

void run_options_help(FILE *out)
{
	fputs("Usage: tenon run --kernel FILE [OPTIONS]\n"
	      "       tenon run --firmware bios|uefi [OPTIONS]\n"
	      "\n"
	      "Runs a virtual machine until it powers itself off.\n"
	      "\n",
		out);
	for (const struct run_option *option = run_options; option->name; option++)
		help_row(option, out);
}
