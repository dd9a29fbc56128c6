// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/virtio/disk_format.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

struct disk_format_kind {
	const char *name;  /* QEMU's name */
	const char *magic; /* the first bytes; NULL: known by name only */
	unsigned magic_size;
	const char *extension; /* of the file's name */
};

#define MAGIC(text) text, sizeof(text) - 1

static const struct disk_format_kind kinds[] = {
	{ "qcow2", MAGIC("QFI\xfb\0\0\0\3"), "qcow2" },
	{ "qcow2", MAGIC("QFI\xfb\0\0\0\2"), "qcow2" },
	{ "qcow", MAGIC("QFI\xfb\0\0\0\1"), "qcow" },
	{ "vmdk", MAGIC("KDMV"), "vmdk" },
	{ "vmdk", MAGIC("COWD"), "vmdk" },
	{ "vmdk", MAGIC("# Disk DescriptorFile"), "vmdk" },
	{ "vhdx", MAGIC("vhdxfile"), "vhdx" },
	{ "vpc", MAGIC("conectix"), "vhd" },
	{ "vdi", MAGIC("<<< "), "vdi" },
	{ "qed", MAGIC("QED\0"), "qed" },
	{ "parallels", MAGIC("WithoutFreeSpace"), "hdd" },
	{ "parallels", MAGIC("WithouFreSpacExt"), "hdd" },
};

static const char *extension_of(const char *path)
{
	const char *name = strrchr(path, '/');
	const char *dot = strrchr(name ? name : path, '.');

	return dot ? dot + 1 : "";
}

static const struct disk_format_kind *by_magic(const void *head, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].magic_size <= size &&
			!memcmp(head, kinds[i].magic, kinds[i].magic_size))
			return &kinds[i];
	return NULL;
}

static const struct disk_format_kind *by_extension(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcasecmp(extension_of(path), kinds[i].extension))
			return &kinds[i];
	return NULL;
}

static int find_asked(const char **format, const char *asked, struct err *err)
{
	if (!strcmp(asked, DISK_FORMAT_RAW)) {
		*format = DISK_FORMAT_RAW;
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!strcmp(asked, kinds[i].name)) {
			*format = kinds[i].name;
			return 0;
		}
	}
	err_set(err, EINVAL, "there is no disk format '%s'", asked);
	return err_help(
		err, "raw, qcow2, qcow, vmdk, vhdx, vpc (VHD), vdi, qed and parallels are known");
}

const char *disk_format_of(const void *head, size_t size)
{
	const struct disk_format_kind *kind = by_magic(head, size);

	return kind ? kind->name : NULL;
}

int disk_format_find(const char **format, const char *path, const void *head, size_t size,
	const char *asked, struct err *err)
{
	const struct disk_format_kind *bytes = by_magic(head, size), *name = by_extension(path);

	if (asked)
		return find_asked(format, asked, err);
	if (bytes && name && !strcmp(bytes->name, name->name)) {
		*format = bytes->name;
		return 0;
	}
	if (bytes) {
		err_set(err, EINVAL, "%s begins like a %s image, but its name does not end in .%s",
			path, bytes->name, bytes->extension);
		return err_help(err,
			"add format=%s if it is one, format=raw if it is a plain disk on which a "
			"guest "
			"wrote such bytes",
			bytes->name);
	}
	/* The extents of a split VMDK image are files named *.vmdk without the format's header. */
	if (name) {
		err_set(err, EINVAL, "%s is no %s image, though it is named like one", path,
			name->name);
		return err_help(err, "add format=raw if it is a plain disk");
	}
	*format = DISK_FORMAT_RAW;
	return 0;
}
