// SPDX-License-Identifier: GPL-2.0-or-later
/* What `tenon rom`, `tenon rom dump` and `tenon rom fix` do. */
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
	int rc;

	rc = sysroot_open(&sysroot, args->sysroot, err);
	if (!rc)
		rc = rom_source_open(&source, &sysroot, args->what, true, err);
	if (!rc && args->for_whom)
		rc = rom_source_target(&source, &sysroot, args->for_whom, err);
	if (rc) {
		rc = EXIT_CANNOT;
	} else {
		warn_of_driver(&source);
		if (args->json)
			json_print(rom_json(&source));
		else
			rom_print(&source);
		rc = rom_exit_code(&source);
	}
	rom_source_close(&source);
	sysroot_close(&sysroot);
	return rc;
}

/* The JSON of the ROM that was written, with what became of it. */
static void print_written(
	const struct rom_args *args, const struct rom_source *source, const struct rom_fixed *fixed)
{
	struct json_object *object = rom_json(source);
	struct json_object *changes = json_object_new_array();

	json_add_text(object, "written", args->output);
	for (unsigned i = 0; fixed && i < fixed->change_count; i++)
		json_object_array_add(changes, json_object_new_string(fixed->changes[i]));
	json_add(object, "changes", changes);
	json_print(object);
}

static int check_dump(const struct rom_source *source, struct err *err)
{
	if (source->rom.image_count)
		return 0;
	err_set(err, ENODATA, "%s: what was read is no ROM: %s", source->name,
		source->rom.problem_count ? source->rom.problems[0].text : "no image");
	return err_help(err, "Nothing was written.");
}

static int dump(const struct rom_args *args, struct rom_source *source, struct sysroot *sysroot,
	struct err *err)
{
	struct pci_addr addr;
	int rc;

	if (!rom_is_address(args->what, &addr))
		return err_set(
			err, EINVAL, "'%s' is not a PCI address, as 0000:01:00.0", args->what);
	rc = sysroot_open(sysroot, args->sysroot, err);
	if (!rc)
		rc = rom_source_open(source, sysroot, args->what, false, err);
	if (!rc)
		rc = check_dump(source, err);
	if (!rc)
		rc = new_file(args->output, source->bytes, source->size, err);
	return rc;
}

int rom_dump(const struct rom_args *args, struct err *err)
{
	struct sysroot sysroot = { .fd = -1 };
	struct rom_source source = { 0 };
	int rc = dump(args, &source, &sysroot, err);

	if (rc) {
		rc = EXIT_CANNOT;
	} else {
		warn_of_driver(&source);
		if (args->json)
			print_written(args, &source, NULL);
		else
			rom_print(&source);
		log_info("wrote %zu bytes to %s", source.size, args->output);
		rc = rom_exit_code(&source);
	}
	rom_source_close(&source);
	sysroot_close(&sysroot);
	return rc;
}

/* Puts the corrected bytes in the place of those that were read. */
static int correct(const struct rom_args *args, struct rom_source *source, struct rom_fixed *fixed,
	struct err *err)
{
	struct rom_fix fix = args->fix;
	own_free u8 *out = malloc(source->size + 1);
	int rc;

	if (!out)
		return err_sys(err, ENOMEM, "cannot correct %s", source->name);
	if (args->for_whom) {
		fix.set_vendor = fix.set_device = true;
		fix.vendor = source->target.vendor;
		fix.device = source->target.device;
	}
	/* Nothing asked for in particular: whatever is wrong. */
	if (!fix.unwrap && !fix.checksum && !fix.set_vendor && !fix.set_device)
		fix.unwrap = fix.checksum = true;
	rc = rom_fix(&source->rom, &fix, out, fixed, err);
	if (rc)
		return err_wrap(err, "%s", source->name);
	rc = new_file(args->output, out, fixed->size, err);
	if (rc)
		return rc;
	free(source->bytes);
	source->bytes = take_ptr(&out);
	source->size = fixed->size;
	source->name = args->output;
	rom_parse(&source->rom, source->bytes, source->size);
	return 0;
}

static void print_changes(const struct rom_fixed *fixed, const char *path)
{
	for (unsigned i = 0; i < fixed->change_count; i++)
		log_info("%s", fixed->changes[i]);
	log_info("wrote %zu bytes to %s%s", fixed->size, path,
		fixed->change_count ? "" : "; nothing had to be corrected");
}

int rom_correct(const struct rom_args *args, struct err *err)
{
	struct sysroot sysroot = { .fd = -1 };
	struct rom_source source = { 0 };
	struct rom_fixed fixed = { 0 };
	struct pci_addr addr;
	int rc;

	if (rom_is_address(args->what, &addr))
		rc = err_set(err, EINVAL,
			"tenon rom fix takes a file; write one first: tenon rom "
			"dump %s -o FILE",
			args->what);
	else
		rc = sysroot_open(&sysroot, args->sysroot, err);
	if (!rc)
		rc = rom_source_open(&source, &sysroot, args->what, false, err);
	if (!rc && args->for_whom)
		rc = rom_source_target(&source, &sysroot, args->for_whom, err);
	if (!rc)
		rc = correct(args, &source, &fixed, err);
	if (rc) {
		rc = EXIT_CANNOT;
	} else {
		if (args->json)
			print_written(args, &source, &fixed);
		else
			rom_print(&source);
		print_changes(&fixed, args->output);
		rc = rom_exit_code(&source);
	}
	rom_source_close(&source);
	sysroot_close(&sysroot);
	return rc;
}
