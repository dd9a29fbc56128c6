/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fake host in a directory: files and links as in sysfs and proc, enough to plan and carry out a
 * bind; and a fake kernel that reacts to writes. A failure to create the host ends the program,
 * because it is a fault of the test machine.
 */
#ifndef HOST_MAKE_H
#define HOST_MAKE_H

#include <sys/types.h>

#include "base/types.h"

struct made_device {
	const char *addr;
	const char *under; /* the bridge above, NULL on the root bus */
	u16 vendor, device;
	u32 class;
	int group; /* -1: none */
	/* The driver that matches its ids, which is bound at first unless @loose; NULL. */
	const char *native;
	bool loose;
	bool boot_vga;
	u16 command;         /* the command register while it has no driver */
	const char *control; /* power/control: "auto"; NULL: "on" */
};

/*
 * A desktop: a disk controller, a network card, a graphics card and its sound in one group, and the
 * boot display's card, which has no driver at first.
 */
extern const struct made_device made_desktop[];
extern const unsigned nr_made_desktop;

/* Makes the directory (mkdtemp()) and fills it; the caller frees the path. */
char *made_host(const struct made_device *devices, unsigned count);
/* The same in an existing directory. */
void made_host_in(const char *root, const struct made_device *devices, unsigned count);
/* Deletes all of it and frees the path. */
void made_host_end(char *root);

/* Makes a file with its directories. @path: below the root, "/proc/swaps". */
void made_file(const char *root, const char *path, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void made_link(const char *root, const char *path, const char *target);
/* Reads a file into @text, without its newline; "" if there is no file. */
const char *made_text(const char *root, const char *path, char *text, size_t size);

/* Adds a driver that can be bound: /sys/bus/BUS/drivers/NAME. */
void made_driver(const char *root, const char *bus, const char *name);
/* Adds a platform device with its driver. */
void made_platform(const char *root, const char *name, const char *driver);

/*
 * Does what the kernel does when @size bytes are written to a file of sysfs. Returns @size or
 * -errno, -ENOTSUP for files that it does not handle.
 */
ssize_t made_write(const char *root, const char *path, const char *bytes, size_t size, off_t at);

/*
 * Describes, as text, all that a bind may change and a release must restore: drivers, overrides,
 * power settings, registers, consoles, and the files in /etc. The caller frees it.
 */
char *made_state(const char *root);

#endif
