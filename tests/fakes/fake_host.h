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

struct fake_device {
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

/* A desktop: a card with sound, disk, network, two cards in one group, one free. */
extern const struct fake_device fake_desktop[];
extern const unsigned nr_made_desktop;

/* Makes the directory (mkdtemp()) and fills it; the caller frees the path. */
char *fake_host(const struct fake_device *devices, unsigned count);
/* The same in a directory that is there. */
void fake_host_in(const char *root, const struct fake_device *devices, unsigned count);
/* Deletes all of it and frees the path. */
void fake_host_end(char *root);

/* Makes a file with its directories. @path: below the root, "/proc/swaps". */
void fake_file(const char *root, const char *path, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void fake_link(const char *root, const char *path, const char *target);
/* What a file holds, without its newline; "" where there is none. A buffer of the call's own. */
const char *fake_text(const char *root, const char *path, char *text, size_t size);

/* A driver that can be bound: /sys/bus/BUS/drivers/NAME. */
void fake_driver(const char *root, const char *bus, const char *name);
/* A platform device with its driver. */
void fake_platform(const char *root, const char *name, const char *driver);

/* A system service that runs or does not; the cgroup is what the host shows of it. */
void fake_service(const char *root, const char *unit, bool runs);
/* A module that is loaded or not. */
void fake_module(const char *root, const char *name, bool loaded);

/*
 * Does what the kernel does when @size bytes are written to a file of sysfs. Returns @size or
 * -errno, -ENOTSUP for files that it does not handle.
 */
ssize_t fake_write(const char *root, const char *path, const char *bytes, size_t size, off_t at);

/*
 * Describes, as text, all that a bind may change and a release must restore: drivers, overrides,
 * power settings, registers, consoles, services, modules, and the files in /etc. The caller frees
 * it.
 */
char *fake_state(const char *root);

#endif
