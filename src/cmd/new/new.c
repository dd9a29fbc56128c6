// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon new`: the command line, and what it prints. */
#include "cmd/new/new.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/own.h"
#include "cmd/cmd.h"
#include "cmd/machines/defined.h"
#include "cmd/ui/json.h"
#include "cmd/ui/options.h"
#include "cmd/ui/size.h"
#include "host/groups/verdict.h"

static int apply_for(void *target, char *value, struct err *err)
{
	struct new_args *args = target;

	args->profile = new_profile_find(value, err);
	return args->profile ? 0 : err_wrap(err, "--for");
}

static int apply_iso(void *target, char *value, struct err *err)
{
	struct new_args *args = target;

	if (args->nr_isos == CDROMS_MAX)
		return err_set(err, E2BIG, "more than %d CD images", CDROMS_MAX);
	args->isos[args->nr_isos++] = value;
	return 0;
}

static int apply_device(void *target, char *value, struct err *err)
{
	struct new_args *args = target;

	if (args->nr_devices == NEW_MAX_DEVICES)
		return err_set(err, E2BIG, "more than %d devices", NEW_MAX_DEVICES);
	args->devices[args->nr_devices++] = value;
	return 0;
}

static int apply_disk(void *target, char *value, struct err *err)
{
	u64 *size = target;
	int ret = option_size(value, 1, size, err);

	if (!ret && (!*size || *size % 512))
		ret = err_set(err, EINVAL, "a disk has a multiple of 512 bytes");
	return ret;
}

static int apply_memory(void *target, char *value, struct err *err)
{
	return option_size(value, MIB, target, err);
}

/* The rest is checked where the machine file is written. */
static int apply_cpus(void *target, char *value, struct err *err)
{
	if (!*value)
		return err_set(err, EINVAL, "--cpus has no value");
	*(const char **)target = value;
	return 0;
}

static const struct cmd_option options[] = {
	{ "for", 0, OPTION_VALUE, "windows11|windows10|linux", "what the guest will be",
		apply_for },
	{ "iso", 0, OPTION_LIST, "FILE",
		"a CD image: the installer's first, then others such as\n"
		"virtio-win's; may be repeated",
		apply_iso },
	{ "disk", 0, OPTION_VALUE, "SIZE", "the size of its new disk, such as 120G", apply_disk,
		.field = offsetof(struct new_args, disk) },
	{ "device", 0, OPTION_LIST, "ADDRESS",
		"give it this device, with all functions of its slot; may be repeated",
		apply_device },
	{ "memory", 0, OPTION_VALUE, "SIZE", "default: half of this host's, at most 32G",
		apply_memory, .field = offsetof(struct new_args, memory) },
	{ "cpus", 0, OPTION_VALUE, "N[,OPTION=VALUE...]",
		"as for run; default: pinned cores beside the device, without those\n"
		"that are left to the host",
		apply_cpus, .field = TEXT_FIELD(struct new_args, cpus) },
	{ "dry-run", 0, OPTION_FLAG, NULL, "print what would be made, and make nothing",
		.field = FLAG_FIELD(struct new_args, dry_run) },
	SOURCE_OPTION_SYSROOT(struct new_args, source),
	SOURCE_OPTION_JSON(struct new_args, source),
	{ 0 },
};

/* The device is a driver's of the host, and must be bound before the guest can have it. */
static bool needs_bind(const struct new_args *args, const char *device)
{
	const struct host *host = &args->view.host;

	for (unsigned i = 0; i < host->count; i++) {
		char addr[PCI_ADDR_SIZE];

		pci_addr_text(host->devs[i].addr, addr);
		if (!strncmp(addr, device, strlen(device)) &&
			!(host->devs[i].driver && verdict_is_vfio(host->devs[i].driver)))
			return true;
	}
	return false;
}

/* The commands that come next, one after the other; NULL after the last. The caller frees them. */
static char *next_command(const struct new_args *args, const struct new_places *places, unsigned n)
{
	const char *as_root = geteuid() && args->nr_devices ? "sudo " : "";
	char *text = NULL;

	for (unsigned i = 0; i < args->nr_devices; i++)
		if (needs_bind(args, args->devices[i]) && !n--)
			return asprintf(&text, "%stenon bind %s", as_root, args->devices[i]) < 0
				       ? NULL
				       : text;
	if (n || asprintf(&text, "%stenon run %s", as_root, places->file) < 0)
		return NULL;
	return text;
}

static void print_json(
	const struct new_args *args, const struct new_places *places, const char *machine)
{
	struct json_object *json = json_object_new_object(), *next = json_object_new_array();
	char *text;

	json_add_text(json, "name", args->name);
	json_add_text(json, "for", args->profile->name);
	json_add_bool(json, "made", !args->dry_run);
	json_add_text(json, "file", places->file);
	json_add_text(json, "machine", machine);
	json_add_text(json, "disk", places->disk);
	json_add_number(json, "size", (s64)args->disk);
	json_add_text(json, "state", places->state);
	for (unsigned i = 0; (text = next_command(args, places, i)); i++) {
		json_object_array_add(next, json_object_new_string(text));
		free(text);
	}
	json_add(json, "next", next);
	json_print(json);
}

static void print_text(
	const struct new_args *args, const struct new_places *places, const char *machine)
{
	char size[SIZE_TEXT], *text;

	printf("%s\n  %s  the machine\n  %s  its disk, %s; the host's space is taken as the guest "
	       "writes\n  %s  what it keeps\n\n%s\nNext:\n",
		args->dry_run ? "This would be made:" : "Made:", places->file, places->disk,
		size_text(size, args->disk), places->state, machine);
	for (unsigned i = 0; (text = next_command(args, places, i)); i++) {
		printf("  %s\n", text);
		free(text);
	}
	if (!args->nr_devices)
		puts("and look at its screen with a viewer of VNC, at 127.0.0.1:5900.");
}

/* What has no default and was not given is asked for, or refused. */
static int complete(struct new_args *args, struct err *err)
{
	bool asks = isatty(STDIN_FILENO) && isatty(STDERR_FILENO) &&
		    !(args->profile && args->nr_isos && args->disk && args->nr_devices);
	int ret = new_look(args, err);

	if (!ret)
		ret = new_find_devices(args, err);
	if (!ret && asks)
		ret = new_ask(args, err);
	if (!ret && !args->profile)
		ret = err_set(err, EINVAL, "--for is missing: windows11, windows10 or linux");
	if (!ret && !args->disk)
		ret = err_set(err, EINVAL, "--disk is missing: the size of its disk, such as 120G");
	if (!ret)
		new_fill(args);
	return ret;
}

static int new_main(const struct cmd_call *call, struct err *err)
{
	struct new_args *args = call->args;
	struct new_places places = { 0 };
	own_free char *machine = NULL;
	size_t size;
	int ret = complete(args, err);

	if (!ret)
		ret = new_places_find(&places, args->name, err);
	if (!ret)
		ret = new_check(args, &places, err);
	if (!ret)
		ret = new_describe(args, &places, &machine, &size, err);
	if (!ret && !args->dry_run)
		ret = new_make(args, &places, machine, size, err);
	if (!ret && args->source.json)
		print_json(args, &places, machine);
	else if (!ret)
		print_text(args, &places, machine);
	new_places_free(&places);
	return ret ? EXIT_CANNOT : EXIT_FINE;
}

static int new_operands(const struct cmd_call *call, struct err *err)
{
	struct new_args *args = call->args;

	if (call->nr_operands > 1)
		return err_set(err, EINVAL, "unexpected argument '%s'", call->operands[1]);
	args->name = call->operands[0];
	return defined_check_name(args->name, err);
}

static void new_close(void *target)
{
	struct new_args *args = target;

	if (args->has_view)
		view_close(&args->view);
}

static const char *new_done(const struct cmd_call *call, int code)
{
	const struct new_args *args = call->args;

	return args->dry_run ? NULL : "The machine is made all the same.";
}

const struct cmd cmd_new = {
	.name = "new",
	.summary = "make a machine: its file, its disk, its place",
	.operands = "NAME",
	.description =
		"Makes a machine file with good defaults for this host, the machine's disk and the "
		"place\n"
		"for what it keeps, and prints the commands that come next. On a terminal it asks "
		"for what\n"
		"is missing. Nothing is overwritten. Root's machines are in /etc/tenon/machines, "
		"with disks\n"
		"in /var/lib/tenon/disks; a user's in ~/.config/tenon/machines and "
		"~/.local/share/tenon/disks.\n",
	.options = options,
	.exits = { "made" },
	.args_size = sizeof(struct new_args),
	.take_operands = new_operands,
	.main = new_main,
	.done = new_done,
	.close = new_close,
};
