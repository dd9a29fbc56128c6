// SPDX-License-Identifier: GPL-2.0-or-later
/* The ROM of a PCI function: from its ROM BAR, AMD's ACPI table or the shadow copy. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "cmd/source/rom_source.h"
#include "kernel/outer_read.h"
#include "kernel/rom_read.h"
#include "pci/acpi/vfct.h"

#define ROM_REGION 6 /* line of `resource`, counted from 0 */

/* Kernel resource flag: the ROM is the copy that firmware left at C0000h. */
#define RESOURCE_ROM_SHADOW 2

static void directory_of(const char *address, char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "/sys/bus/pci/devices/%s", address);
}

static int read_number(
	const struct sysroot *sysroot, const char *directory, const char *name, u32 *value)
{
	char path[PATH_MAX + 32], text[32], *end;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	n = sysroot_text(sysroot, path, text, sizeof(text));
	if (n < 0)
		return n;
	*value = strtoul(text, &end, 16);
	return n && !*end ? 0 : -EINVAL;
}

int rom_device_target(const struct sysroot *sysroot, const char *address, struct rom_target *target,
	struct err *err)
{
	u32 vendor, device, class;
	char directory[PATH_MAX];
	int ret;

	directory_of(address, directory);
	ret = read_number(sysroot, directory, "vendor", &vendor);
	if (ret == -ENOENT) {
		err_set(err, ENODEV, "there is no PCI function %s", address);
		return err_help(err, "`tenon list` shows those that are there.");
	}
	if (!ret)
		ret = read_number(sysroot, directory, "device", &device);
	if (!ret)
		ret = read_number(sysroot, directory, "class", &class);
	if (ret)
		return err_sys(err, -ret, "cannot read the ids of %s", address);
	*target = (struct rom_target){ vendor, device, class };
	return 0;
}

/* Reads the ROM's line of `resource`: start, end, flags. */
static bool is_shadow(const struct sysroot *sysroot, const char *directory)
{
	char path[PATH_MAX + 32], text[2048], *line = text;
	unsigned long long start, end, flags;

	snprintf(path, sizeof(path), "%s/resource", directory);
	if (sysroot_text(sysroot, path, text, sizeof(text)) < 0)
		return false;
	for (int i = 0; i < ROM_REGION && line; i++) {
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	if (!line || sscanf(line, "%llx %llx %llx", &start, &end, &flags) != 3)
		return false;
	return flags & RESOURCE_ROM_SHADOW || start == 0xc0000;
}

static int copy_vfct(struct rom_source *source, const struct vfct_image *image)
{
	source->bytes = malloc(image->size);
	if (!source->bytes)
		return -ENOMEM;
	memcpy(source->bytes, image->bytes, image->size);
	source->size = image->size;
	source->origin = ROM_FROM_VFCT;
	return 0;
}

/* Returns -ENOENT if the table has no image for the function. */
static int from_vfct(struct rom_source *source, const struct sysroot *sysroot, struct pci_addr addr,
	struct err *err)
{
	struct vfct_image image;
	struct acpi_table table;
	own_free char *bytes = NULL;
	size_t size;
	int ret = sysroot_whole(sysroot, ROM_VFCT, ACPI_MAX_SIZE, &bytes, &size);

	if (ret)
		return err_sys(err, -ret, "cannot read %s%s", sysroot->root, ROM_VFCT);
	ret = acpi_table(&table, bytes, size, "VFCT");
	if (ret)
		return err_set(err, -ret, "%s%s is damaged", sysroot->root, ROM_VFCT);
	switch (vfct_find(&table, addr.bus, addr.dev, addr.fn, source->target.vendor,
		source->target.device, &image)) {
	case VFCT_NONE:
		return err_set(err, ENOENT, "the ACPI table VFCT has no ROM for it");
	case VFCT_AMBIGUOUS:
		return err_set(err, ENOENT,
			"the ACPI table VFCT has several ROMs with its ids, and none for its "
			"address");
	case VFCT_IDS:
		snprintf(source->remark, sizeof(source->remark),
			"the VFCT table has it for %02x:%02x.%x, an older number of the same "
			"device",
			image.bus, image.dev, image.fn);
		break;
	case VFCT_ADDRESS:
		break;
	}
	ret = copy_vfct(source, &image);
	return ret ? err_sys(err, -ret, "cannot copy the ROM") : 0;
}

static int no_rom(const char *what, int vfct, struct err *err)
{
	if (vfct == -EACCES)
		return err_help(err, "Reading ACPI tables takes root: try sudo.");
	err_set(err, ENODEV, "%s", what);
	return err_help(err, "A ROM for it has to come from elsewhere: from the vendor's firmware "
			     "update, from the "
			     "board's firmware image for graphics in the processor, or from a dump "
			     "of the same card.");
}

static int shadow_refused(const struct sysroot *sysroot, struct err *err)
{
	char evidence[OUTER_EVIDENCE];

	err_set(err, EPERM,
		"what the kernel shows as its ROM is the copy at C0000h that firmware ran at boot");
	return err_help(err,
		"That copy has changed itself and is not the card's ROM. To read the real one, let "
		"another card be the boot display (in %s, or in another slot), boot, and try "
		"again; or use the vendor's file.",
		outer_setup(outer_read(sysroot, evidence)));
}

/* If the ROM BAR cannot be read, tries AMD's table; its error would not explain the failure. */
static int from_bar(struct rom_source *source, const struct sysroot *sysroot, struct pci_addr addr,
	const char *directory, struct err *err)
{
	struct err vfct_err = { 0 };
	int ret;

	source->origin = ROM_FROM_DEVICE;
	ret = rom_read_tree(sysroot, directory, &source->bytes, &source->size, err);
	if (!ret || ret == -EACCES || from_vfct(source, sysroot, addr, &vfct_err))
		return ret;
	snprintf(source->remark, sizeof(source->remark), "from the VFCT table, because %.200s",
		err->text);
	return 0;
}

int rom_device_open(struct rom_source *source, const struct sysroot *sysroot, struct pci_addr addr,
	bool take_shadow, struct err *err)
{
	char directory[PATH_MAX], path[PATH_MAX + 8];
	struct err vfct_err = { 0 };
	bool has_rom, shadow;
	int ret;

	source->name = pci_addr_text(addr, source->address);
	ret = rom_device_target(sysroot, source->address, &source->target, err);
	if (ret)
		return ret;
	source->has_target = true;
	directory_of(source->address, directory);
	snprintf(path, sizeof(path), "%s/driver", directory);
	sysroot_link_name(sysroot, path, source->driver, sizeof(source->driver));
	snprintf(path, sizeof(path), "%s/rom", directory);
	has_rom = sysroot_exists(sysroot, path);
	shadow = has_rom && is_shadow(sysroot, directory);

	if (has_rom && !shadow)
		return from_bar(source, sysroot, addr, directory, err);
	ret = from_vfct(source, sysroot, addr, &vfct_err);
	if (!ret)
		return 0;
	*err = vfct_err;
	if (!has_rom)
		return no_rom(
			"it has no ROM BAR, and no ACPI table VFCT has a ROM for it", ret, err);
	if (!take_shadow)
		return shadow_refused(sysroot, err);
	source->origin = ROM_FROM_SHADOW;
	return rom_read_tree(sysroot, directory, &source->bytes, &source->size, err);
}
