/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's firmware descriptors, in the order in which they are to be tried: by name, and of one
 * name the file in the most specific directory. One thread.
 */
#ifndef VM_BOOT_FIRMWARE_LIST_H
#define VM_BOOT_FIRMWARE_LIST_H

#include "kernel/sysroot.h"
#include "vm/boot/firmware_descriptor.h"

/* A host has about ten; the bound is for a directory that is something else. */
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

/* As firmware_find(). NULL: no memory. */
struct firmware_list *firmware_list_open(const struct sysroot *host, const char *config_home);
/* Safe on NULL. */
void firmware_list_close(struct firmware_list *list);

/*
 * Reads file @i of @list. False for an empty one, which hides others, and, said in the log, for
 * what is no descriptor; @descriptor is to be freed otherwise.
 */
bool firmware_list_read(
	const struct firmware_list *list, unsigned i, struct firmware_descriptor *descriptor);

#endif
