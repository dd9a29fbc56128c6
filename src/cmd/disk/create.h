/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes disk images. */
#ifndef CMD_DISK_CREATE_H
#define CMD_DISK_CREATE_H

#include "base/err.h"
#include "base/types.h"

struct disk_spec {
	const char *path;
	const char *format; /* "raw" or "qcow2" */
	u64 size;           /* bytes, a multiple of 512 */
	bool preallocate;   /* take the space on the host now */
};

/*
 * The format of a new image: @asked, or what the name's end says, or raw. -EINVAL for one that is
 * not made here.
 */
int disk_spec_format(const char **format, const char *path, const char *asked, struct err *err);

/* -EEXIST, and the like, for what disk_create() would refuse before it begins. */
int disk_create_check(const struct disk_spec *spec, struct err *err);

/*
 * Makes the image, for this user only. It appears under its name when it is complete, and never in
 * place of a file that exists; where the file system has no unnamed files (O_TMPFILE), an
 * incomplete one may be left by a kill. Shows its progress on a terminal. Returns 0 or -errno.
 */
int disk_create(const struct disk_spec *spec, struct err *err);

#endif
