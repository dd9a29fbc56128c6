// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `tenon export`: planned devices in the configuration formats of other programs. Changes nothing.
 */
#include "cmd/export/export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "cmd/ui/json.h"
#include "cmd/ui/nearest.h"
#include "cmd/ui/options.h"

#define DEFAULT_MEMORY  (4 * GIB)
#define DEFAULT_CPUS    4
#define DEFAULT_VERSION 9000

static const struct format {
	const char *name;
	int (*print)(struct export *export, struct err *err);
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
 * Gives each slot a root port, with its functions under their own numbers. If function 0 is not
 * assigned, they are renumbered from 0, because function 0 must exist.
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
	/* If a ROM cannot be read, choose UEFI; the guest's firmware will read the ROM itself. */
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

static int print(struct export *export, struct err *err)
{
	own_free char *text = NULL;
	own_file FILE *out = NULL;
	size_t size;
	int ret = fill(export);

	out = ret ? NULL : open_memstream(&text, &size);
	if (!out)
		return err_sys(err, ENOMEM, "cannot print the devices");
	export->out = out;
	ret = export->args->print(export, err);
	if (ret)
		return ret;
	if (fflush(out))
		return err_sys(err, ENOMEM, "cannot print the devices");
	if (export->args->plan.source.json)
		print_json(export, text);
	else
		fwrite(text, 1, size, stdout);
	return 0;
}

static int export_main(const struct cmd_call *call, struct err *err)
{
	const struct export_args *args = call->args;
	struct planning planning;
	struct export export = { .args = args, .planning = &planning };
	int code = EXIT_CANNOT;

	if (!planning_open(&planning, &args->plan, err)) {
		bool allowed = plan_allowed(&planning.plan, false);

		if (planning.plan.nr_devices && !print(&export, err))
			code = allowed ? EXIT_FINE : EXIT_FINDINGS;
		if (!err->code && !allowed)
			plan_print_objections(&planning.plan, false);
	}
	free(export.devs);
	planning_close(&planning);
	return code;
}

/* Parses a version such as "9.0". */
static int apply_version(void *version, char *value, struct err *err)
{
	unsigned major, minor = 0;
	char more;
	int n = sscanf(value, "%3u.%3u%c", &major, &minor, &more);

	if (n != 2 && !(n == 3 && more == '.'))
		return err_set(
			err, EINVAL, "--libvirt-version: '%s' is not a version such as 9.0", value);
	*(unsigned *)version = 1000 * major + minor;
	return 0;
}

/*
 * Restricts names, because they go into XML, YAML and command lines of programs with their own
 * rules.
 */
static int apply_name(void *name, char *value, struct err *err)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-";
	size_t len = strlen(value);

	if (*value == '-' || len >= 64 || strspn(value, plain) != len)
		return err_set(err, EINVAL,
			"--name is at most 63 letters, digits and dashes, not '%s'", value);
	*(const char **)name = value;
	return 0;
}

static int apply_memory(void *memory, char *value, struct err *err)
{
	int ret = option_size(value, MIB, memory, err);

	if (!ret && *(u64 *)memory < MIB)
		ret = err_set(err, EINVAL, "'%s' is less than 1M", value);
	return ret ? err_wrap(err, "--memory") : 0;
}

static int apply_cpus(void *cpus, char *value, struct err *err)
{
	return option_number("--cpus", value, 1, 1024, cpus, err);
}

static const struct cmd_option options[] = {
	PLAN_OPTION_FOR(struct export_args, plan),
	{ "rom", 0, OPTION_VALUE, "FILE", "the card's ROM, in place of its own",
		.field = TEXT_FIELD(struct export_args, rom) },
	{ "name", 0, OPTION_VALUE, "NAME", "of the guest (default: guest)", apply_name,
		.field = offsetof(struct export_args, name) },
	{ "memory", 0, OPTION_VALUE, "SIZE", "(default 4G)", apply_memory,
		.field = offsetof(struct export_args, memory) },
	{ "cpus", 0, OPTION_VALUE, "N", "(default 4)", apply_cpus,
		.field = offsetof(struct export_args, cpus) },
	{ "libvirt-version", 0, OPTION_VALUE, "X.Y", "that reads the domain (default 9.0)",
		apply_version, .field = offsetof(struct export_args, version) },
	SOURCE_OPTIONS(struct export_args, plan.source),
	{ 0 },
};

static const char *format_at(const void *table, unsigned i)
{
	return i < ARRAY_SIZE(formats) ? formats[i].name : NULL;
}

static void help_formats(struct err *err)
{
	char list[128] = "";
	size_t len = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(formats) && len < sizeof(list); i++)
		len += snprintf(
			list + len, sizeof(list) - len, "%s%s", i ? ", " : "", formats[i].name);
	err_help(err, "There are %s.", list);
}

static const struct format *find_format(const char *name, struct err *err)
{
	const char *near = nearest_name(name, format_at, NULL);

	for (unsigned i = 0; i < ARRAY_SIZE(formats); i++)
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	err_set(err, EINVAL, "there is no format '%s'", name);
	if (near)
		err_help(err, "Did you mean '%s'?", near);
	else
		help_formats(err);
	return NULL;
}

static void export_init(void *args)
{
	*(struct export_args *)args = (struct export_args){ .name = "guest",
		.memory = DEFAULT_MEMORY,
		.cpus = DEFAULT_CPUS,
		.version = DEFAULT_VERSION };
}

static int export_operands(const struct cmd_call *call, struct err *err)
{
	struct export_args *args = call->args;
	const struct format *format = find_format(call->operands[0], err);

	if (!format)
		return -err->code;
	args->format = format->name;
	args->print = format->print;
	return plan_devices(&args->plan, call->operands + 1, call->nr_operands - 1, err);
}

static void export_close_args(void *args)
{
	plan_args_close(&((struct export_args *)args)->plan);
}

const struct cmd cmd_export = {
	.name = "export",
	.summary = "print planned devices for QEMU, libvirt and others",
	.operands = "qemu|libvirt|proxmox|kubevirt|cdi|nova ADDRESS...",
	.description =
		"Prints what gives these devices, each with the rest of its group and card, to a "
		"guest of\n"
		"another program. Bind them first, as `tenon bind` does; nothing is changed here.\n"
		"\n"
		"  qemu      a command line of qemu-system-x86_64\n"
		"  libvirt   a domain for `virsh define`\n"
		"  proxmox   commands for a resource mapping and a guest\n"
		"  kubevirt  permittedHostDevices, and a guest's part\n"
		"  cdi       a CDI file: the devices' nodes for a container\n"
		"  nova      the [pci] section, and a flavor's property\n",
	.options = options,
	.exits = { "fine", "printed, but something speaks against the plan" },
	.args_size = sizeof(struct export_args),
	.init = export_init,
	.take_operands = export_operands,
	.check = source_check,
	.main = export_main,
	.close = export_close_args,
};
