// SPDX-License-Identifier: GPL-2.0-or-later
/* Implements `tenon rom`, `tenon rom dump` and `tenon rom fix`; make.c has the others. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/own.h"
#include "cmd/cmd.h"
#include "cmd/rom/rom.h"
#include "cmd/ui/json.h"
#include "cmd/ui/new_file.h"

static void warn_of_driver(const struct rom_source *source)
{
	if (source->origin == ROM_FROM_DEVICE && source->driver[0] &&
		strncmp(source->driver, "vfio", 4) && strcmp(source->driver, "pci-stub"))
		log_warn("%s was read while its driver %s was at work; some cards share the ROM's "
			 "address decoder with their registers",
			source->name, source->driver);
}

int rom_show(const struct rom_args *args, struct err *err)
{
	struct rom_source source = { 0 };
	struct sysroot sysroot;
	int ret;

	ret = sysroot_open(&sysroot, args->sysroot, err);
	if (!ret)
		ret = rom_source_open(&source, &sysroot, args->what, true, err);
	if (!ret && args->for_whom)
		ret = rom_source_target(&source, &sysroot, args->for_whom, err);
	if (ret) {
		ret = EXIT_CANNOT;
	} else {
		warn_of_driver(&source);
		if (args->json)
			json_print(rom_json(&source));
		else
			rom_print(&source);
		ret = rom_exit_code(&source);
	}
	rom_source_close(&source);
	sysroot_close(&sysroot);
	return ret;
}

/* Prints the written ROM as JSON, with what was changed. */
static void print_written(
	const struct rom_args *args, const struct rom_source *source, const struct rom_fixed *fixed)
{
	struct json_object *object = rom_json(source);
	struct json_object *changes = json_object_new_array();

	json_add_text(object, "written", args->output);
	for (unsigned i = 0; fixed && i < fixed->nr_changes; i++)
		json_object_array_add(changes, json_object_new_string(fixed->changes[i]));
	json_add(object, "changes", changes);
	json_print(object);
}

static int check_dump(const struct rom_source *source, struct err *err)
{
	if (source->rom.nr_images)
		return 0;
	err_set(err, ENODATA, "%s: what was read is no ROM: %s", source->name,
		source->rom.nr_problems ? source->rom.problems[0].text : "no image");
	return err_help(err, "Nothing was written.");
}

static int dump(const struct rom_args *args, struct rom_source *source, struct sysroot *sysroot,
	struct err *err)
{
	struct pci_addr addr;
	int ret;

	if (!rom_is_address(args->what, &addr))
		return err_set(
			err, EINVAL, "'%s' is not a PCI address, as 0000:01:00.0", args->what);
	ret = sysroot_open(sysroot, args->sysroot, err);
	if (!ret)
		ret = rom_source_open(source, sysroot, args->what, false, err);
	if (!ret)
		ret = check_dump(source, err);
	if (!ret)
		ret = new_file(args->output, source->bytes, source->size, err);
	return ret;
}

/*
 * Warns that AMD's table often contains only the first image of a ROM, because the written file
 * looks complete.
 */
static void warn_of_part(const struct rom_source *source)
{
	const struct rom *rom = &source->rom;

	for (unsigned i = 0; i < rom->nr_problems; i++)
		if (!strcmp(rom->problems[i].code, "first-image-only"))
			log_warn("%s: only the first image of its ROM was there%s; OVMF finds no "
				 "driver "
				 "in it",
				source->name,
				source->origin == ROM_FROM_VFCT
					? " (the ACPI table VFCT has no more)"
					: "");
}

int rom_dump(const struct rom_args *args, struct err *err)
{
	struct sysroot sysroot = { .fd = -1 };
	struct rom_source source = { 0 };
	int ret = dump(args, &source, &sysroot, err);

	if (ret) {
		ret = EXIT_CANNOT;
	} else {
		warn_of_driver(&source);
		if (args->json)
			print_written(args, &source, NULL);
		else
			rom_print(&source);
		log_info("wrote %zu bytes to %s", source.size, args->output);
		warn_of_part(&source);
		ret = rom_exit_code(&source);
	}
	rom_source_close(&source);
	sysroot_close(&sysroot);
	return ret;
}

static void print_changes(const struct rom_fixed *fixed, size_t size, const char *path)
{
	for (unsigned i = 0; i < fixed->nr_changes; i++)
		log_info("%s", fixed->changes[i]);
	log_info("wrote %zu bytes to %s", size, path);
}

int rom_written(const struct rom_args *args, struct rom_source *source, u8 *bytes, size_t size,
	const struct rom_fixed *fixed, struct err *err)
{
	int ret = new_file(args->output, bytes, size, err);

	rom_set_close(&source->set);
	free(source->bytes);
	source->bytes = bytes;
	source->size = size;
	source->name = args->output;
	source->form = NULL;
	source->kind = NULL;
	source->origin = ROM_FROM_FILE;
	if (!ret)
		ret = rom_source_parse(source, err);
	if (ret)
		return EXIT_CANNOT;
	if (args->json)
		print_written(args, source, fixed);
	else
		rom_print(source);
	print_changes(fixed, size, args->output);
	return rom_exit_code(source);
}

/* Refuses a file with the ROMs of several devices, none of which is the requested one. */
static int refuse_target(const struct rom_source *source, struct err *err)
{
	const struct rom_set *set = &source->set;
	char ids[256] = "";
	size_t at = 0;

	for (unsigned i = 0; i < set->nr_entries && at + 16 < sizeof(ids); i++)
		if (set->entries[i].has_ids)
			at += snprintf(ids + at, sizeof(ids) - at, "%s%04x:%04x", at ? ", " : "",
				set->entries[i].vendor, set->entries[i].device);
	err_set(err, EINVAL, "%s: none of the %u ROMs in it is for %04x:%04x; they are for %s",
		source->name, set->nr_entries, source->target.vendor, source->target.device, ids);
	return err_help(err,
		"Take one of them with --for and its ids; another run of tenon rom fix "
		"gives that file other ids.");
}

/* Chooses the fixes that the command line leaves open. */
static struct rom_fix chosen_fix(const struct rom_args *args, const struct rom_source *source)
{
	struct rom_fix fix = args->fix;

	fix.anyway = fix.checksum;
	if (args->for_whom) {
		fix.set_vendor = fix.set_device = true;
		fix.vendor = source->target.vendor;
		fix.device = source->target.device;
	}
	/* If no fix was requested, fix everything that is wrong. */
	if (!fix.unwrap && !fix.checksum && !fix.set_vendor && !fix.set_device)
		fix.unwrap = fix.checksum = true;
	/* A ROM from a file with several is always written without the others. */
	if (source->set.wrapper != ROM_WRAPPER_NONE || source->chosen > 0)
		fix.unwrap = true;
	return fix;
}

static int correct(const struct rom_args *args, struct rom_source *source, u8 **out,
	struct rom_fixed *fixed, struct err *err)
{
	struct rom_fix fix = chosen_fix(args, source);
	int ret;

	if (rom_source_lacks_target(source))
		return refuse_target(source, err);
	if (!source->rom.nr_images && source->kind) {
		err_set(err, EINVAL, "%s: this is %s", source->name, source->kind->what);
		return err_help(err, "Nothing was written; %s.", source->kind->advice);
	}
	*out = malloc(source->rom.size + 1);
	if (!*out)
		return err_sys(err, ENOMEM, "cannot correct %s", source->name);
	ret = rom_fix(&source->rom, &fix, *out, fixed, err);
	if (!ret && source->form)
		rom_changed(fixed, "%s became bytes", source->form);
	if (!ret && !fixed->nr_changes)
		rom_changed(fixed, "nothing had to be corrected");
	return ret ? err_wrap(err, "%s", source->name) : 0;
}

int rom_correct(const struct rom_args *args, struct err *err)
{
	struct sysroot sysroot = { .fd = -1 };
	struct rom_source source = { 0 };
	struct rom_fixed fixed = { 0 };
	struct pci_addr addr;
	u8 *out = NULL;
	int ret;

	if (rom_is_address(args->what, &addr))
		ret = err_set(err, EINVAL,
			"tenon rom fix takes a file; write one first: tenon rom dump %s -o FILE",
			args->what);
	else
		ret = sysroot_open(&sysroot, args->sysroot, err);
	if (!ret)
		ret = rom_source_open(&source, &sysroot, args->what, false, err);
	if (!ret && args->for_whom)
		ret = rom_source_target(&source, &sysroot, args->for_whom, err);
	if (!ret)
		ret = correct(args, &source, &out, &fixed, err);
	if (ret) {
		free(out);
		ret = EXIT_CANNOT;
	} else {
		ret = rom_written(args, &source, out, fixed.size, &fixed, err);
	}
	rom_source_close(&source);
	sysroot_close(&sysroot);
	return ret;
}
