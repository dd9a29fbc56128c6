// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/own.h"
#include "vm/boot/file.h"
#include "vm/boot/firmware_internal.h"

#define PAGE 4096ull

/* The header of the firmware volume in which edk2 keeps variables: UEFI PI 1.7, volume 3, 3.2.1. */
#define VOLUME_GUID      16
#define VOLUME_LENGTH    32
#define VOLUME_SIGNATURE 40
#define VOLUME_SIZE      44

static const u8 variables_guid[] = { 0x8d, 0x2b, 0xf1, 0xff, 0x96, 0x76, 0x8b, 0x4c, 0xa9, 0x85,
	0x27, 0x47, 0x07, 0x5b, 0x4f, 0x50 };

/*
 * The size of the variable store at the start of the file; 0 if the file starts with something
 * else.
 */
static u64 variables_inside(const u8 *header, u64 file_size)
{
	u64 size = get_le64(header + VOLUME_LENGTH);

	if (memcmp(header + VOLUME_GUID, variables_guid, sizeof(variables_guid)) ||
		memcmp(header + VOLUME_SIGNATURE, "_FVH", 4) || size % PAGE || size >= file_size)
		return 0;
	return size;
}

/*
 * Makes an image of the file. If the file starts with its variables, as complete images for QEMU's
 * -bios do, the two parts are treated as two files.
 */
static int read_file(struct firmware_image *image, const char *path, struct err *err)
{
	u8 header[VOLUME_SIZE] = { 0 };
	u64 size = 0, variables = 0;
	struct boot_file file;
	int ret = boot_file_open(&file, path, err);

	if (!ret)
		ret = boot_file_size(&file, &size, err);
	if (!ret && image->kind == FIRMWARE_UEFI && size > sizeof(header)) {
		ret = boot_file_read(&file, 0, header, sizeof(header), err);
		variables = variables_inside(header, size);
	}
	boot_file_close(&file);
	if (ret)
		return err_wrap(err, "firmware");
	if (firmware_part_set(&image->code, path, variables, size - variables) ||
		(variables && firmware_part_set(&image->vars, path, 0, variables)))
		return err_sys(err, ENOMEM, "cannot use the firmware %s", path);
	return 0;
}

/* Finds the template next to the code: the same file name with VARS in place of CODE. */
static int find_sibling(struct firmware_image *image)
{
	static const char *const names[][2] = { { "CODE", "VARS" }, { "code", "vars" } };
	own_free char *path = strdup(image->code.path);
	char *base, *at;
	u64 size;

	if (!path)
		return -ENOMEM;
	base = strrchr(path, '/');
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		at = strstr(base ? base : path, names[i][0]);
		if (!at)
			continue;
		memcpy(at, names[i][1], strlen(names[i][1]));
		if (firmware_measure(NULL, path, &size))
			return 0;
		return firmware_part_set(&image->vars, path, 0, size);
	}
	return 0;
}

/*
 * Looks the code up in a descriptor of the host, for its template or for a reason why it cannot
 * run.
 */
static int ask(const struct firmware_list *list, unsigned i, const struct firmware_wish *wish,
	struct firmware_image *image, struct err *err)
{
	struct firmware_descriptor d;
	const char *unfit;
	int ret = 0;
	u64 size;

	if (!firmware_list_read(list, i, &d))
		return 0;
	unfit = d.unfit;
	if (!unfit && d.requires_smm && !wish->secure_boot)
		unfit = "it needs system management mode, which --secure-boot on gives a machine";
	if (!unfit && !d.requires_smm && wish->secure_boot)
		unfit = "it does not use system management mode, so it could not write its "
			"variables";
	if (d.code && !strcmp(d.code, image->code.path)) {
		if (unfit)
			ret = err_set(err, ENOTSUP, "cannot start the firmware %s: %s",
				image->code.path, unfit);
		else if (d.vars && !firmware_measure(list->host, d.vars, &size) &&
			 firmware_part_set(&image->vars, d.vars, 0, size))
			ret = err_sys(err, ENOMEM, "cannot use the firmware %s", d.code);
	}
	firmware_descriptor_free(&d);
	return ret;
}

int firmware_named(const struct firmware_list *list, const struct firmware_wish *wish,
	struct firmware_image *image, struct err *err)
{
	int ret;

	image->kind = wish->kind;
	ret = read_file(image, wish->code, err);
	if (ret)
		return ret;
	for (unsigned i = 0; i < list->nr && !ret && !image->vars.path; i++)
		ret = ask(list, i, wish, image, err);
	if (ret)
		return ret;
	if (image->kind == FIRMWARE_UEFI && !image->vars.path && find_sibling(image))
		return err_sys(err, ENOMEM, "cannot use the firmware %s", wish->code);
	if (wish->vars_size && image->vars.size && wish->vars_size != image->vars.size) {
		err_set(err, EINVAL,
			"this machine's variables have %llu bytes, those of the firmware %s %llu",
			(unsigned long long)wish->vars_size, wish->code,
			(unsigned long long)image->vars.size);
		return err_help(err, "Without --firmware-code the firmware is chosen by them.");
	}
	if (firmware_image_check(image))
		return err_set(err, EINVAL,
			"%s is no firmware: one has whole pages, 16 MiB of them at most",
			wish->code);
	return 0;
}
