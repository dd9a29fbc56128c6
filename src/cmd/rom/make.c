// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon rom join` and `tenon rom wrap`: build ROMs from parts. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "cmd/cmd.h"
#include "cmd/rom/rom.h"
#include "pci/rom/join.h"

#define MAX_FILES 8

static bool is_driver(const struct rom_source *source)
{
	return source->kind && !strcmp(source->kind->code, "efi-driver");
}

/* Wraps a bare UEFI driver in the headers of an option ROM, with the ids of @target. */
static int wrap_driver(
	struct rom_source *source, const struct rom_target *target, bool compress, struct err *err)
{
	struct rom_made made;
	int ret = rom_wrap(source->bytes, source->size, target, compress, &made, err);

	if (ret)
		return err_wrap(err, "%s", source->name);
	rom_set_close(&source->set);
	free(source->bytes);
	source->bytes = made.bytes;
	source->size = made.size;
	source->kind = NULL;
	return rom_source_parse(source, err);
}

/* Takes the ids of the first ROM that has any. */
static bool first_ids(const struct rom_source *sources, unsigned nr, struct rom_target *target)
{
	for (unsigned i = 0; i < nr; i++) {
		const struct rom_source *source = &sources[i];

		if (source->chosen < 0 || !source->set.entries[source->chosen].has_ids)
			continue;
		*target = (struct rom_target){
			source->set.entries[source->chosen].vendor,
			source->set.entries[source->chosen].device,
			source->set.entries[source->chosen].class,
		};
		return true;
	}
	return false;
}

static int wrap_drivers(
	struct rom_source *sources, unsigned nr, const struct rom_target *given, struct err *err)
{
	struct rom_target target;

	if (given)
		target = *given;
	else if (!first_ids(sources, nr, &target))
		target.vendor = 0;
	for (unsigned i = 0; i < nr; i++) {
		int ret = 0;

		if (!is_driver(&sources[i]))
			continue;
		if (!target.vendor) {
			err_set(err, EINVAL, "%s: no file tells which device the driver is for",
				sources[i].name);
			return err_help(err, "Name it: --for 10de:1280");
		}
		ret = wrap_driver(&sources[i], &target, false, err);
		if (ret)
			return ret;
	}
	return 0;
}

static int open_file(struct rom_source *source, const struct sysroot *sysroot,
	const struct rom_args *args, const char *path, struct err *err)
{
	struct pci_addr addr;
	int ret;

	if (rom_is_address(path, &addr)) {
		err_set(err, EINVAL, "'%s' is a device, and this takes files", path);
		return err_help(err, "Write one first: tenon rom dump %s -o FILE", path);
	}
	ret = rom_source_open(source, sysroot, path, false, err);
	if (!ret && args->for_whom)
		ret = rom_source_target(source, sysroot, args->for_whom, err);
	if (!ret && !source->rom.nr_images && !is_driver(source)) {
		ret = err_set(err, EINVAL, "%s: %s", path,
			source->rom.nr_problems ? source->rom.problems[0].text
						: "no image is in it");
		err_help(err, "Nothing was written.");
	}
	return ret;
}

static int join(const struct rom_args *args, struct rom_source *sources,
	const struct sysroot *sysroot, struct rom_made *made, struct rom_fixed *fixed,
	struct err *err)
{
	const struct rom *roms[MAX_FILES];
	const struct rom_target *target = NULL;
	int ret = 0;

	for (unsigned i = 0; !ret && i < args->nr_files; i++) {
		ret = open_file(&sources[i], sysroot, args, args->files[i], err);
		roms[i] = &sources[i].rom;
	}
	if (ret)
		return ret;
	if (args->for_whom)
		target = &sources[0].target;
	ret = wrap_drivers(sources, args->nr_files, target, err);
	return ret ? ret : rom_join(roms, args->nr_files, target, made, fixed, err);
}

int rom_join_files(const struct rom_args *args, struct err *err)
{
	own_free struct rom_source *sources = calloc(MAX_FILES, sizeof(*sources));
	struct sysroot sysroot = { .fd = -1 };
	struct rom_fixed fixed = { 0 };
	struct rom_made made = { 0 };
	int ret = 0;

	if (!sources)
		ret = err_sys(err, ENOMEM, "cannot join the ROMs");
	else if (args->nr_files > MAX_FILES)
		ret = err_set(err, EINVAL, "tenon rom join takes at most %u files", MAX_FILES);
	else
		ret = sysroot_open(&sysroot, args->sysroot, err);
	if (!ret)
		ret = join(args, sources, &sysroot, &made, &fixed, err);
	if (ret) {
		ret = EXIT_CANNOT;
	} else {
		ret = rom_written(args, &sources[0], made.bytes, made.size, &fixed, err);
	}
	for (unsigned i = 0; sources && i < MAX_FILES; i++)
		rom_source_close(&sources[i]);
	sysroot_close(&sysroot);
	return ret;
}

static int refuse_to_wrap(const struct rom_source *source, struct err *err)
{
	if (source->kind)
		err_set(err, EINVAL, "%s: this is %s", source->name, source->kind->what);
	else if (source->rom.nr_images)
		err_set(err, EINVAL, "%s is an option ROM already", source->name);
	else
		err_set(err, EINVAL, "%s is no EFI driver", source->name);
	return err_help(err, source->rom.nr_images && !source->kind
				     ? "tenon rom fix --for IDS gives it other ids."
				     : "tenon rom wrap takes an EFI driver, as a .efi file.");
}

static int wrap(const struct rom_args *args, struct rom_source *source,
	const struct sysroot *sysroot, struct rom_made *made, struct err *err)
{
	int ret = rom_source_open(source, sysroot, args->what, false, err);

	if (!ret)
		ret = rom_source_target(source, sysroot, args->for_whom, err);
	if (ret)
		return ret;
	if (!is_driver(source))
		return refuse_to_wrap(source, err);
	ret = rom_wrap(source->bytes, source->size, &source->target, args->compress, made, err);
	return ret ? err_wrap(err, "%s", source->name) : 0;
}

int rom_wrap_file(const struct rom_args *args, struct err *err)
{
	struct sysroot sysroot = { .fd = -1 };
	struct rom_source source = { 0 };
	struct rom_fixed fixed = { 0 };
	struct rom_made made = { 0 };
	int ret = sysroot_open(&sysroot, args->sysroot, err);

	if (!ret)
		ret = wrap(args, &source, &sysroot, &made, err);
	if (ret) {
		ret = EXIT_CANNOT;
	} else {
		rom_changed(&fixed, "the driver got the headers of an option ROM for %04x:%04x",
			source.target.vendor, source.target.device);
		ret = rom_written(args, &source, made.bytes, made.size, &fixed, err);
	}
	rom_source_close(&source);
	sysroot_close(&sysroot);
	return ret;
}
