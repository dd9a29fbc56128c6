/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the firmware for a machine: the files that the user names, else those in the descriptor
 * files that the host's firmware packages install (firmware.json of QEMU's interoperability
 * documents), else files at well-known paths.
 *
 * Keeps no file open and changes nothing. One thread.
 */
#ifndef VM_BOOT_FIRMWARE_FIND_H
#define VM_BOOT_FIRMWARE_FIND_H

#include "base/err.h"
#include "base/types.h"
#include "kernel/sysroot.h"

enum firmware_kind {
	FIRMWARE_NONE, /* the kernel is started directly */
	FIRMWARE_UEFI,
	FIRMWARE_BIOS,
};

/* A part of a file. @size 0: there is no such part, and @path is NULL. */
struct firmware_part {
	char *path;
	u64 offset;
	u64 size;
};

struct firmware_image {
	enum firmware_kind kind;
	/* The read-only code, which ends at 4 GiB. Whole pages. */
	struct firmware_part code;
	/* The template of a new variable store, which lies right below the code. Whole pages. */
	struct firmware_part vars;
};

/* The limit of code and variables together: they end at 4 GiB and must not reach the APICs. */
#define FIRMWARE_MAX_SIZE (16 * MIB)

struct firmware_wish {
	enum firmware_kind kind; /* not FIRMWARE_NONE */
	const char *code;        /* the file that the user names, or NULL */
	/*
	 * UEFI that enforces Secure Boot, protects its variables by SMM, and has a template with
	 * keys. Without it, firmware that needs SMM cannot be used.
	 */
	bool secure_boot;
	u64 vars_size; /* size in bytes of an existing variable store that is to be used; 0: none */
};

/*
 * @host: the running host, or a directory that stands for it. @config_home: the absolute path of
 * the user's $XDG_CONFIG_HOME or its default, or NULL. Returns -ENOENT with @err saying which paths
 * were searched and which package has the files, or why a firmware that was found cannot be used.
 * Call firmware_image_free() in both cases.
 */
int firmware_find(const struct sysroot *host, const char *config_home,
	const struct firmware_wish *wish, struct firmware_image *image, struct err *err);

/* Reads all of @part, which is not empty, into @bytes. */
int firmware_part_read(const struct firmware_part *part, void *bytes, struct err *err);

/* Safe on a zeroed struct. */
void firmware_image_free(struct firmware_image *image);

#endif
