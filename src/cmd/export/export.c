// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon export`: planned devices in the words of other programs. Changes nothing. */
#include "cmd/export/export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/own.h"
#include "cmd/cmd.h"
#include "cmd/ui/json.h"
#include "cmd/ui/options.h"

#define DEFAULT_MEMORY  (4 * GIB)
#define DEFAULT_CPUS    4
#define DEFAULT_VERSION 9000

enum { OPT_NAME = 1, OPT_ROM, OPT_MEMORY, OPT_CPUS, OPT_LIBVIRT };

static const char help[] =
	"Usage: tenon export FORMAT [OPTIONS] BDF...\n"
	"\n"
	"Prints what gives these devices, each with the rest of its group and card, to a guest of\n"
	"another program. Bind them first, as `tenon bind` does; nothing is changed here.\n"
	"\n"
	"  qemu      a command line of qemu-system-x86_64\n"
	"  libvirt   a domain for `virsh define`\n"
	"  proxmox   commands for a resource mapping and a guest\n"
	"  kubevirt  permittedHostDevices, and a guest's part\n"
	"  cdi       a CDI file: the devices' nodes for a container\n"
	"  nova      the [pci] section, and a flavor's property\n"
	"\n"
	"      --for MODE     how the guest starts with the card: uefi, bios, secondary, or auto:\n"
	"                     what its ROM allows (default)\n"
	"      --rom FILE     the card's ROM, in place of its own\n"
	"      --name NAME    of the guest (default: guest)\n"
	"      --memory SIZE  (default 4G)\n"
	"      --cpus N       (default 4)\n"
	"      --libvirt-version X.Y  that reads the domain (default 9.0)\n" SOURCE_HELP "\n"
	"Exit codes: 0 fine; 1 printed, but something speaks against the plan; 2 wrong usage;\n"
	"3 not possible.\n";

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "for", required_argument, NULL, OPT_PLAN_FOR },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "rom", required_argument, NULL, OPT_ROM },
	{ "memory", required_argument, NULL, OPT_MEMORY },
	{ "cpus", required_argument, NULL, OPT_CPUS },
	{ "libvirt-version", required_argument, NULL, OPT_LIBVIRT },
	SOURCE_OPTIONS,
	{ 0 },
};

static const struct format {
	const char *name;
	int (*print)(struct export *export);
} formats[] = {
	{ "qemu", export_qemu },
	{ "libvirt", export_libvirt },
	{ "proxmox", export_proxmox },
	{ "kubevirt", export_kubevirt },
	{ "cdi", export_cdi },
	{ "nova", export_nova },
};

void export_shell_word(FILE *out, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-.,:/=+@%";

	if (*word && strspn(word, plain) == strlen(word)) {
		fputs(word, out);
		return;
	}
	fputc('\'', out);
	for (; *word; word++)
		fprintf(out, *word == '\'' ? "'\\''" : "%c", *word);
	fputc('\'', out);
}

static bool same_slot(const struct host_dev *a, const struct host_dev *b)
{
	return pci_addr_same_slot(a->addr, b->addr) && !a->vf && !b->vf;
}

/*
 * One root port for each card, its functions behind it under their own numbers; where its first
 * one does not go, they are counted anew, because function 0 has to be there.
 */
static void place(struct export *export, unsigned i)
{
	struct export_dev *dev = &export->devs[i], *before = i ? dev - 1 : NULL;

	if (!before || !same_slot(before->dev, dev->dev)) {
		dev->port = export->ports++;
		dev->fn = 0;
		return;
	}
	dev->port = before->port;
	dev->fn = before->fn + 1;
	for (struct export_dev *first = before; first >= export->devs; first--) {
		if (first->port != dev->port)
			break;
		first->multifunction = !first->fn;
		if (!first->fn && !first->dev->addr.fn)
			dev->fn = dev->dev->addr.fn;
	}
}

static int fill(struct export *export)
{
	const struct plan *plan = &export->planning->plan;

	export->devs = calloc(plan->nr_devices + 1, sizeof(*export->devs));
	if (!export->devs)
		return -ENOMEM;
	export->count = plan->nr_devices;
	for (unsigned i = 0; i < export->count; i++) {
		const struct plan_device *planned = &plan->devices[i];

		export->devs[i].planned = planned;
		export->devs[i].dev = &export->planning->view.host.devs[planned->dev];
		export->devs[i].gpu = host_is_gpu(export->devs[i].dev);
		place(export, i);
	}
	/* A ROM that cannot be read is the card's own business: firmware will look for itself. */
	export->mode = export->args->plan.request.mode;
	if (export->mode == PLAN_MODE_AUTO)
		export->mode = plan->nr_boot ? plan->boots[0].mode : PLAN_MODE_SECONDARY;
	if (export->mode == PLAN_MODE_UNKNOWN)
		export->mode = PLAN_MODE_UEFI;
	return 0;
}

static void print_json(const struct export *export, const char *text)
{
	struct json_object *json = json_object_new_object();
	struct json_object *devices = json_object_new_array();

	for (unsigned i = 0; i < export->count; i++)
		json_object_array_add(devices, json_addr(export->devs[i].dev->addr));
	json_add_text(json, "format", export->args->format);
	json_add(json, "devices", devices);
	json_add_text(json, "mode", plan_mode_name(export->mode));
	json_add_bool(json, "allowed", plan_allowed(&export->planning->plan, false));
	json_add_text(json, "text", text);
	json_print(json);
}

static int print(struct export *export, const struct format *format)
{
	own_free char *text = NULL;
	own_file FILE *out = NULL;
	size_t size;
	int ret = fill(export);

	out = ret ? NULL : open_memstream(&text, &size);
	if (!out) {
		log_error("memory ran out");
		return EXIT_CANNOT;
	}
	export->out = out;
	ret = format->print(export);
	if (ret)
		return EXIT_CANNOT;
	if (fflush(out)) {
		log_error("memory ran out");
		return EXIT_CANNOT;
	}
	if (export->args->plan.source.json)
		print_json(export, text);
	else
		fwrite(text, 1, size, stdout);
	if (plan_allowed(&export->planning->plan, false))
		return EXIT_FINE;
	plan_print_objections(&export->planning->plan, false);
	return EXIT_FINDINGS;
}

static int run(const struct export_args *args, const struct format *format)
{
	struct planning planning;
	struct export export = { .args = args, .planning = &planning };
	int code = planning_open(&planning, &args->plan);

	if (code < 0 && planning.plan.nr_devices) {
		code = print(&export, format);
	} else if (code < 0) {
		plan_print_objections(&planning.plan, false);
		code = EXIT_CANNOT;
	}
	free(export.devs);
	planning_close(&planning);
	return code;
}

/* "9.0" */
static int read_version(const char *text, unsigned *version)
{
	unsigned major, minor = 0;
	char more;
	int n = sscanf(text, "%3u.%3u%c", &major, &minor, &more);

	if (n != 2 && !(n == 3 && more == '.'))
		return -EINVAL;
	*version = 1000 * major + minor;
	return 0;
}

/* Names go into XML, YAML and command lines of programs with rules of their own. */
static bool is_name(const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-";

	return *text && *text != '-' && strlen(text) < 64 && strspn(text, plain) == strlen(text);
}

/* Returns -1, or the exit code to end with. */
static int take_option(struct export_args *args, int option, char **argv)
{
	struct err err = { 0 };
	int code;

	switch (option) {
	case 'h':
		fputs(help, stdout);
		return EXIT_FINE;
	case OPT_NAME:
		args->name = optarg;
		return is_name(optarg)
			       ? -1
			       : source_usage("export",
					 "a name has letters, digits and dashes, not", optarg);
	case OPT_ROM:
		args->rom = optarg;
		return *optarg ? -1 : source_usage("export", "--rom takes a file", NULL);
	case OPT_MEMORY:
		if (!option_size(optarg, MIB, &args->memory, &err) && args->memory >= MIB)
			return -1;
		return source_usage("export", "not a size such as 16G:", optarg);
	case OPT_CPUS:
		if (!option_number("--cpus", optarg, 1, 1024, &args->cpus, &err))
			return -1;
		return source_usage("export", "not a number of processors:", optarg);
	case OPT_LIBVIRT:
		return read_version(optarg, &args->version)
			       ? source_usage("export", "not a version such as 9.0:", optarg)
			       : -1;
	}
	if (source_option(&args->plan.source, option, optarg))
		return -1;
	code = plan_option(&args->plan, "export", option, optarg);
	if (code > 0)
		return -1;
	return code < 0 ? EXIT_USAGE
			: source_usage("export", "there is no such option, or it lacks a value",
				  argv[optind - 1]);
}

static const struct format *find_format(const char *name)
{
	for (unsigned i = 0; i < ARRAY_SIZE(formats); i++)
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	return NULL;
}

int cmd_export(int argc, char **argv)
{
	struct export_args args = { .name = "guest",
		.memory = DEFAULT_MEMORY,
		.cpus = DEFAULT_CPUS,
		.version = DEFAULT_VERSION };
	const struct format *format;
	int option, code;

	opterr = 0;
	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		code = take_option(&args, option, argv);
		if (code >= 0)
			return code;
	}
	if (optind == argc)
		return source_usage("export", "name a format", NULL);
	args.format = argv[optind++];
	format = find_format(args.format);
	if (!format)
		return source_usage("export", "there is no format", args.format);
	code = plan_devices(&args.plan, "export", argc - optind, argv + optind);
	if (code < 0)
		code = run(&args, format);
	plan_args_close(&args.plan);
	return code;
}
