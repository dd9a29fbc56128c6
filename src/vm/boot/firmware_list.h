/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's firmware descriptors, in the order in which they are tried: sorted by name. Of several
 * files with the same name, only the one in the most specific directory counts. One thread.
 */
#ifndef VM_BOOT_FIRMWARE_LIST_H
#define VM_BOOT_FIRMWARE_LIST_H

#include "kernel/sysroot.h"
#include "vm/boot/firmware_descriptor.h"

/* A host has about ten. The limit guards against a directory that holds other files. */
#define FIRMWARE_LIST_MAX 512

struct firmware_list_file {
	char *name;
	char *path;
};

struct firmware_list {
	const struct sysroot *host;
	struct firmware_list_file files[FIRMWARE_LIST_MAX];
	unsigned nr;
};

/* Takes the same arguments as firmware_find(). Returns NULL without memory. */
struct firmware_list *firmware_list_open(const struct sysroot *host, const char *config_home);
/* Safe on NULL. */
void firmware_list_close(struct firmware_list *list);

/*
 * Reads file @i of @list. Returns false for an empty file, which only hides others of its name,
 * and, with a line in the log, for a file that is not a descriptor. Otherwise free @descriptor.
 */
bool firmware_list_read(
	const struct firmware_list *list, unsigned i, struct firmware_descriptor *descriptor);

#endif
