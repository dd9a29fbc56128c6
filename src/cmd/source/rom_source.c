// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads a ROM from its source, and finds the device for which it is meant. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/own.h"
#include "cmd/source/rom_source.h"
#include "pci/rom/text.h"

bool rom_is_address(const char *what, struct pci_addr *addr)
{
	return pci_addr_parse(what, addr) == 0;
}

const char *rom_origin_name(enum rom_origin origin)
{
	static const char *const names[] = {
		[ROM_FROM_FILE] = "file",
		[ROM_FROM_DEVICE] = "device",
		[ROM_FROM_SHADOW] = "shadow",
		[ROM_FROM_VFCT] = "vfct",
	};

	return names[origin];
}

static bool parse_ids(const char *text, struct rom_target *target)
{
	unsigned vendor, device;
	char rest;

	if (strlen(text) != 9 || sscanf(text, "%4x:%4x%c", &vendor, &device, &rest) != 2)
		return false;
	/* Without a device, assume the class of a graphics card. */
	*target = (struct rom_target){ vendor, device, 0x030000 };
	return true;
}

bool rom_is_target(const char *for_whom)
{
	struct rom_target target;
	struct pci_addr addr;

	return rom_is_address(for_whom, &addr) || parse_ids(for_whom, &target);
}

/* Decodes a ROM that is written as text. */
static int read_text(struct rom_source *source, struct err *err)
{
	struct rom_text text;
	int ret = rom_text_read(&text, source->bytes, source->size);

	if (ret == -ENOENT)
		return 0;
	if (ret)
		return err_sys(err, -ret, "cannot read %s", source->name);
	free(source->bytes);
	source->bytes = text.bytes;
	source->size = text.size;
	source->form = text.form;
	return 0;
}

static bool begins_as_rom(const struct rom_source *source)
{
	return source->size >= 2 && source->bytes[0] == 0x55 && source->bytes[1] == 0xaa;
}

static void find_kind(struct rom_source *source)
{
	struct rom *rom = &source->rom;
	bool starts_well = rom->nr_images && rom->wrapper == ROM_WRAPPER_NONE;

	if (starts_well && !rom_has_problems(rom))
		return;
	source->kind = rom_damage_of(source->bytes, source->size);
	if (!source->kind && !starts_well && source->set.wrapper == ROM_WRAPPER_NONE &&
		rom->wrapper != ROM_WRAPPER_NVGI && !begins_as_rom(source))
		source->kind = rom_kind_of(source->bytes, source->size);
}

/* Reports on the file what the chosen ROM's bytes do not show. */
static void report_file(struct rom_source *source)
{
	const struct rom_kind *kind = source->kind;
	struct rom *rom = &source->rom;

	if (source->form && rom->wrapper == ROM_WRAPPER_NONE)
		rom->wrapper = ROM_WRAPPER_TEXT;
	if (source->form && rom->nr_images)
		rom_report(rom, ROM_PROBLEM, "text-form", -1, 0,
			"the file is %s; firmware needs the bytes that it spells, which tenon rom "
			"fix "
			"%.100s -o OUT writes",
			source->form, source->name);
	/* The kind of the file says more than that it contains no image. */
	if (!rom->nr_images && (kind || source->set.wrapper == ROM_WRAPPER_FIRMWARE))
		rom->nr_problems = 0;
	if (kind)
		rom_report(rom, ROM_PROBLEM, "wrong-kind", -1, 0, "this is %s%s%s; %s",
			source->form ? source->form : "", source->form ? " of " : "", kind->what,
			kind->advice);
	else if (!rom->nr_images && source->set.wrapper == ROM_WRAPPER_FIRMWARE)
		rom_report(rom, ROM_PROBLEM, "firmware-without-rom", -1, 0,
			"this is a mainboard's firmware, and no option ROM was found in it; the "
			"graphics may have only an EFI driver there, which is no ROM");
	if (source->set.left_out)
		rom_report(rom, ROM_NOTE, "left-out", -1, 0,
			"a part of the file could not be looked into: cut off, damaged, compressed "
			"in "
			"an unknown way, or more than there is room for");
}

/*
 * Chooses the ROM for the target, else the first one, and reports what is wrong with the whole
 * file.
 */
static void choose(struct rom_source *source)
{
	int found = rom_set_find(&source->set, source->has_target ? &source->target : NULL);

	source->chosen = found < 0 && source->set.nr_entries ? 0 : found;
	if (source->chosen >= 0)
		rom_set_parse(&source->set, source->chosen, &source->rom);
	else
		rom_parse(&source->rom, source->bytes, source->size);
	find_kind(source);
	report_file(source);
}

int rom_source_target(struct rom_source *source, const struct sysroot *sysroot,
	const char *for_whom, struct err *err)
{
	char address[PCI_ADDR_SIZE];
	struct pci_addr addr;
	int ret = 0;

	if (rom_is_address(for_whom, &addr))
		ret = rom_device_target(
			sysroot, pci_addr_text(addr, address), &source->target, err);
	else if (!parse_ids(for_whom, &source->target))
		ret = err_set(err, EINVAL, "'%s' is neither a PCI address nor ids", for_whom);
	source->has_target = !ret;
	if (!ret && source->set.nr_entries > 1)
		choose(source);
	return ret;
}

bool rom_source_lacks_target(const struct rom_source *source)
{
	return source->has_target && source->set.nr_entries > 1 &&
	       rom_set_find(&source->set, &source->target) < 0;
}

static int read_file(const char *path, u8 **bytes, size_t *size)
{
	own_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	own_free char *text = NULL;
	int ret;

	if (fd < 0)
		return -errno;
	ret = file_read_all(fd, ROM_MAX_SIZE, &text, size);
	*bytes = (u8 *)take_ptr(&text);
	return ret;
}

/* The user's file: relative to the working directory, whatever --sysroot is. */
static int from_file(struct rom_source *source, const char *path, struct err *err)
{
	int ret = read_file(path, &source->bytes, &source->size);

	source->origin = ROM_FROM_FILE;
	if (ret == -EFBIG)
		return err_set(err, EFBIG, "%s is larger than %llu MiB: no option ROM", path,
			ROM_MAX_SIZE / MIB);
	if (ret)
		err_sys(err, -ret, "cannot read %s", path);
	if (ret == -EINVAL || ret == -EIO)
		err_help(err, "For a ROM in sysfs, name the device: tenon rom 0000:01:00.0");
	return ret;
}

int rom_source_open(struct rom_source *source, const struct sysroot *sysroot, const char *what,
	bool take_shadow, struct err *err)
{
	struct pci_addr addr;
	int ret;

	*source = (struct rom_source){ .name = what, .chosen = -1 };
	if (!rom_is_address(what, &addr)) {
		ret = from_file(source, what, err);
	} else {
		ret = rom_device_open(source, sysroot, addr, take_shadow, err);
		if ((ret == -EACCES || ret == -EPERM) && !err->help[0])
			err_help(err, "Reading a ROM takes root: try sudo.");
		if (ret)
			err_wrap(err, "%s", source->address);
	}
	if (ret)
		return ret;
	return rom_source_parse(source, err);
}

int rom_source_parse(struct rom_source *source, struct err *err)
{
	int ret = 0;

	rom_set_close(&source->set);
	source->chosen = -1;
	if (source->origin != ROM_FROM_FILE) {
		rom_parse(&source->rom, source->bytes, source->size);
		return 0;
	}
	if (source->size && !source->form)
		ret = read_text(source, err);
	if (ret)
		return ret;
	rom_set_read(&source->set, source->bytes, source->size);
	choose(source);
	return 0;
}

void rom_source_close(struct rom_source *source)
{
	rom_set_close(&source->set);
	free(source->bytes);
	source->bytes = NULL;
}
