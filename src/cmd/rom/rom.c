// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon rom`: the command line. */
#include "cmd/rom/rom.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/cmd.h"
#include "cmd/ui/term.h"

static int parse_number(const char *text, int base, unsigned long limit, unsigned long *value)
{
	char *end;

	errno = 0;
	*value = strtoul(text, &end, base);
	return *text && *text != '-' && !*end && !errno && *value <= limit ? 0 : -EINVAL;
}

/* Parses a vendor or device id. */
static int parse_id(const char *option, const char *value, u16 *id, bool *set, struct err *err)
{
	unsigned long number;

	if (parse_number(value, 16, 0xffff, &number))
		return err_set(err, EINVAL, "%s: '%s' is not an id such as 10de", option, value);
	*id = number;
	*set = true;
	return 0;
}

static int apply_vendor(void *target, char *value, struct err *err)
{
	struct rom_fix *fix = target;

	return parse_id("--vendor", value, &fix->vendor, &fix->set_vendor, err);
}

static int apply_device(void *target, char *value, struct err *err)
{
	struct rom_fix *fix = target;

	return parse_id("--device", value, &fix->device, &fix->set_device, err);
}

static int apply_image(void *target, char *value, struct err *err)
{
	struct rom_fix *fix = target;
	unsigned long number;

	if (parse_number(value, 10, ROM_MAX_IMAGES - 1, &number))
		return err_set(err, EINVAL, "--image: '%s' is not the number of an image", value);
	fix->images |= BIT(number);
	return 0;
}

static int apply_for(void *target, char *value, struct err *err)
{
	if (!rom_is_target(value))
		return err_set(err, EINVAL,
			"--for: '%s' is neither a PCI address (01:00.0) nor ids (10de:1280)",
			value);
	*(const char **)target = value;
	return 0;
}

static const struct cmd_option options[] = {
	{ "output", 'o', OPTION_VALUE, "FILE", "the new file that the verbs write",
		.field = TEXT_FIELD(struct rom_args, output) },
	{ "for", 0, OPTION_VALUE, "ADDRESS|IDS",
		"judge it for this device, or for ids as 10de:1280, and take\n"
		"its ROM of several; fix, join, wrap: set these ids",
		apply_for, .field = TEXT_FIELD(struct rom_args, for_whom) },
	{ "vendor", 0, OPTION_VALUE, "HEX", "fix: set the vendor id of the images", apply_vendor,
		.field = offsetof(struct rom_args, fix) },
	{ "device", 0, OPTION_VALUE, "HEX", "fix: set the device id", apply_device,
		.field = offsetof(struct rom_args, fix) },
	{ "image", 0, OPTION_LIST, "N", "fix: only in this image, counted from 0; may be repeated",
		apply_image, .field = offsetof(struct rom_args, fix) },
	{ "checksum", 0, OPTION_FLAG, NULL, "fix: make BIOS images add up to 0",
		.field = FLAG_FIELD(struct rom_args, fix.checksum) },
	{ "unwrap", 0, OPTION_FLAG, NULL, "fix: leave out a container around the images",
		.field = FLAG_FIELD(struct rom_args, fix.unwrap) },
	{ "compress", 0, OPTION_FLAG, NULL, "wrap: compress the driver, as UEFI defines it",
		.field = FLAG_FIELD(struct rom_args, compress) },
	TERM_OPTION_WIDE,
	{ "json", 0, OPTION_FLAG, NULL, "print JSON", .field = FLAG_FIELD(struct rom_args, json) },
	{ "sysroot", 0, OPTION_VALUE, "DIR", "take the host's files from below DIR (not FILE)",
		.field = TEXT_FIELD(struct rom_args, sysroot) },
	{ 0 },
};

/* The sub-commands. */
static const struct verb {
	const char *name; /* NULL: shows the ROM */
	int (*run)(const struct rom_args *args, struct err *err);
} verbs[] = {
	{ "dump", rom_dump },
	{ "fix", rom_correct },
	{ "join", rom_join_files },
	{ "wrap", rom_wrap_file },
	{ NULL, rom_show },
};

static bool is(const struct verb *verb, const char *name)
{
	return verb->name && !strcmp(verb->name, name);
}

static const struct verb *verb_of(const struct cmd_call *call)
{
	const struct verb *verb = verbs;

	while (verb->name && strcmp(verb->name, call->operands[0]))
		verb++;
	return verb;
}

static int rom_operands(const struct cmd_call *call, struct err *err)
{
	struct rom_args *args = call->args;
	unsigned at = verb_of(call)->name != NULL;

	if (at >= call->nr_operands)
		return err_set(err, EINVAL, "a file or a PCI address is missing");
	if (at + 1 < call->nr_operands && !is(verb_of(call), "join"))
		return err_set(err, EINVAL, "unexpected argument '%s'", call->operands[at + 1]);
	args->what = call->operands[at];
	args->files = call->operands + at;
	args->nr_files = call->nr_operands - at;
	return 0;
}

static bool fixes(const struct rom_fix *fix)
{
	return fix->unwrap || fix->checksum || fix->set_vendor || fix->set_device || fix->images;
}

static int rom_check(const struct cmd_call *call, struct err *err)
{
	const struct rom_args *args = call->args;
	const struct verb *verb = verb_of(call);
	bool sets = args->fix.set_vendor || args->fix.set_device;

	if (!is(verb, "fix") && fixes(&args->fix))
		return err_set(err, EINVAL,
			"--vendor, --device, --image, --checksum and --unwrap are for fix");
	if (!verb->name && args->output)
		return err_set(err, EINVAL, "--output is for dump, fix, join and wrap");
	if (args->compress && !is(verb, "wrap"))
		return err_set(err, EINVAL, "--compress is for wrap");
	if (verb->name && !args->output)
		return err_set(err, EINVAL, "--output FILE is missing");
	if (is(verb, "wrap") && !args->for_whom)
		return err_set(err, EINVAL,
			"wrap needs the device that the driver is for: --for 10de:1280");
	if (is(verb, "fix") && args->fix.images && !sets && !args->for_whom)
		return err_set(err, EINVAL, "--image needs ids to set");
	if (is(verb, "fix") && args->for_whom && sets)
		return err_set(err, EINVAL, "--for already says which ids to set");
	return 0;
}

static int rom_main(const struct cmd_call *call, struct err *err)
{
	return verb_of(call)->run(call->args, err);
}

static const char *rom_done(const struct cmd_call *call, int code)
{
	return verb_of(call)->name ? "The file is written all the same." : NULL;
}

const struct cmd cmd_rom = {
	.name = "rom",
	.summary = "show, read, correct and make option ROMs",
	.operands = "FILE|ADDRESS\ndump ADDRESS\nfix FILE\njoin FILE...\nwrap FILE",
	.description =
		"Shows the images in an option ROM and whether SeaBIOS and OVMF would use "
		"it; writes a\n"
		"card's ROM to a file; writes a corrected copy; makes one ROM of a BIOS and an "
		"EFI image\n"
		"(join), and a ROM of an EFI driver (wrap). Existing files are never "
		"changed. A FILE may\n"
		"be a dump, an ACPI table VFCT, a mainboard's firmware, or text that spells "
		"bytes.\n"
		"ADDRESS is a PCI address, 0000:01:00.0 or 01:00.0; a file of such a name "
		"is ./01:00.0.\n",
	.options = options,
	.notes = "fix does --checksum and --unwrap where it is asked for nothing else.\n",
	.exits = { "fine", "problems found" },
	.args_size = sizeof(struct rom_args),
	.take_operands = rom_operands,
	.check = rom_check,
	.main = rom_main,
	.done = rom_done,
};
