/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which firmware a machine starts with: the files that the user names, else what the host's
 * distribution says that it has, by the descriptor files that its firmware packages install
 * (firmware.json of QEMU's interoperability documents), else files at well-known places.
 *
 * Only looks; nothing is opened for good or changed. One thread.
 */
#ifndef VM_BOOT_FIRMWARE_FIND_H
#define VM_BOOT_FIRMWARE_FIND_H

#include "base/err.h"
#include "base/types.h"
#include "kernel/sysroot.h"

enum firmware_kind {
	FIRMWARE_NONE, /* the kernel is entered directly */
	FIRMWARE_UEFI,
	FIRMWARE_BIOS,
};

/* Bytes of a file. @size 0: there is none, and @path is NULL. */
struct firmware_part {
	char *path;
	u64 offset;
	u64 size;
};

struct firmware_image {
	enum firmware_kind kind;
	/* Read-only; its last byte is the last one below 4 GiB. Whole pages. */
	struct firmware_part code;
	/* What a new store of variables starts as; it lies right below the code. Whole pages. */
	struct firmware_part vars;
};

/* Code and variables together end at 4 GiB and stay clear of the APICs below. */
#define FIRMWARE_MAX_SIZE (16 * MIB)

struct firmware_wish {
	enum firmware_kind kind; /* not FIRMWARE_NONE */
	const char *code;        /* a file that the user names, or NULL */
	u64 vars_size;           /* bytes of a store that exists and is to be used; 0: none */
};

/*
 * @host: the running one, or a directory that stands for it. @config_home: an absolute path, the
 * user's $XDG_CONFIG_HOME or what stands for it, or NULL. -ENOENT with @err saying which places
 * were searched and which package has the files, or why what is there cannot be used. Free the
 * image in both cases.
 */
int firmware_find(const struct sysroot *host, const char *config_home,
	const struct firmware_wish *wish, struct firmware_image *image, struct err *err);

/* Reads all of @part, which has a size, into @bytes. */
int firmware_part_read(const struct firmware_part *part, void *bytes, struct err *err);

/* Safe on a zeroed struct. */
void firmware_image_free(struct firmware_image *image);

#endif
