/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine's UEFI variable store: the contents of its flash chip, and the file that keeps them.
 *
 * If the machine has no file yet, one is created, atomically, from the firmware's template. The
 * file is locked while the machine runs. The guest's changes are written to it at once, burst by
 * burst and in the guest's order, so that nothing is lost if tenon is killed. A thread flushes the
 * file to disk within a second or two, in case of a power failure. If that cuts off a burst, edk2
 * repairs the store at the next start.
 *
 * The owner opens and closes the store on one thread; firmware_vars_written() may be called on any.
 */
#ifndef VM_BOOT_FIRMWARE_VARS_H
#define VM_BOOT_FIRMWARE_VARS_H

#include <pthread.h>

#include "vm/boot/firmware_find.h"

struct firmware_vars {
	u8 *bytes; /* the flash chip's contents, whole pages; NULL: not open */
	u64 size;
	char *path; /* NULL: the variables are lost at the machine's end */
	int fd;

	pthread_t flusher;
	bool flushing; /* the thread @flusher is running */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool stop;
	bool dirty;  /* the file may not be on disk yet */
	bool behind; /* the file lacks changes of @bytes, because a write failed */
};

/* Whether @name can be a machine's name: it must be a valid file name everywhere. */
bool firmware_vars_name_is_plain(const char *name);

/*
 * The directory that contains a directory for each machine; the caller frees it. NULL if there is
 * none.
 */
char *firmware_vars_root(void);

/*
 * Returns in *@path where a machine's variables are kept by its name, and creates the directory:
 * vars.fd in $XDG_STATE_HOME/tenon/NAME (~/.local/state/tenon/NAME), for root without that variable
 * in /var/lib/tenon/machines/NAME. Returns -EINVAL for a name that is not plain, -ENOENT without a
 * home directory. The caller frees *@path.
 */
int firmware_vars_place(const char *name, char **path, struct err *err);

/* Gets the size of @path in bytes; 0 if there is no such file. */
int firmware_vars_size(const char *path, u64 *size, struct err *err);

/*
 * Opens the store in @path, or creates it from @image->vars. Refuses a file whose size differs from
 * the template's, one that is not a variable store, and one that another process has locked. @path
 * NULL: the store is a copy of the template without a file.
 */
int firmware_vars_open(struct firmware_vars *vars, const char *path,
	const struct firmware_image *image, struct err *err);

/* Flushes the store to disk and closes it. Safe on a zeroed struct. */
void firmware_vars_close(struct firmware_vars *vars);

/* Tells the store that [offset, offset + size) of @vars->bytes has changed. */
void firmware_vars_written(struct firmware_vars *vars, u64 offset, u64 size);

#endif
