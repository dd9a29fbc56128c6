/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store of a machine's UEFI variables: the contents of its flash chip, and the file that keeps
 * them.
 *
 * The file is made whole from the firmware's template when a machine first has none, and is locked
 * while the machine runs. What the guest has written goes into it at once, burst by burst and in
 * the guest's order, so that nothing is lost when tenon is killed; a thread of its own has the
 * kernel write it to the disk within a second or two, for when the power goes. Where a burst was
 * cut off by that, edk2 repairs the store itself at the next start.
 *
 * The owner opens and closes it on one thread; firmware_vars_written() may come from any.
 */
#ifndef VM_BOOT_FIRMWARE_VARS_H
#define VM_BOOT_FIRMWARE_VARS_H

#include <pthread.h>

#include "vm/boot/firmware_find.h"

struct firmware_vars {
	u8 *bytes; /* whole pages, the flash chip's; NULL: not open */
	u64 size;
	char *path; /* NULL: the variables last as long as the machine */
	int fd;

	pthread_t flusher;
	bool flushing; /* the thread is there */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool stop;
	bool dirty;  /* the disk may have less than the file */
	bool behind; /* the file has less than @bytes, because a write failed */
};

/* Whether a machine can be called so: the name is a file's everywhere. */
bool firmware_vars_name_is_plain(const char *name);

/* The directory that has one directory for each machine; the caller frees it. NULL without one. */
char *firmware_vars_root(void);

/*
 * Where a machine's variables are kept by its name, and makes the directory: vars.fd in
 * $XDG_STATE_HOME/tenon/NAME (~/.local/state/tenon/NAME), for root without that variable in
 * /var/lib/tenon/machines/NAME. -EINVAL for what is no plain name, -ENOENT without a home. The
 * caller frees @path.
 */
int firmware_vars_place(const char *name, char **path, struct err *err);

/* The bytes that @path has; 0 where there is no such file. */
int firmware_vars_size(const char *path, u64 *size, struct err *err);

/*
 * Opens the store in @path, or makes it from @image->vars. Refuses a file of another size than the
 * template's, one that holds something else, and one that another process has. @path NULL: a copy
 * of the template that no file keeps.
 */
int firmware_vars_open(struct firmware_vars *vars, const char *path,
	const struct firmware_image *image, struct err *err);

/* Returns when it is on the disk. Safe on a zeroed struct. */
void firmware_vars_close(struct firmware_vars *vars);

/* [offset, offset + size) of @vars->bytes has changed. */
void firmware_vars_written(struct firmware_vars *vars, u64 offset, u64 size);

#endif
