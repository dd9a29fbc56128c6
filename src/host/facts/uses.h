/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the running host uses its devices for: mounted file systems, swap, the route to the network,
 * displays, input; and the processes that have the devices' files open.
 *
 * Filled by scan_uses(); texts and lists belong to the host that it describes and live as long as
 * it does. Read-only once filled; any thread.
 */
#ifndef HOST_FACTS_USES_H
#define HOST_FACTS_USES_H

#include "host/facts/host.h"

enum use_kind {
	USE_MOUNT,   /* @what: the mount point, @via: the block device */
	USE_SWAP,    /* @what: the swap file or device, @via: the block device */
	USE_ROUTE,   /* the default route: @what: the interface, @via: the port below it */
	USE_INPUT,   /* @what: the name of a keyboard or the like, @via: its node in sysfs */
	USE_PROCESS, /* @what: the program, @via: the file that it has open, @pid */
	USE_GUEST,   /* the same, but the file is VFIO's: the process has the whole device */
};

struct use {
	enum use_kind kind;
	unsigned dev; /* index into host->devs */
	const char *what;
	const char *via;
	int pid;             /* of USE_PROCESS and USE_GUEST, else 0 */
	const char *machine; /* of USE_GUEST: the machine's name; NULL: none is shown */
	/*
	 * Of USE_PROCESS: the unit of systemd that it belongs to, "nvidia-persistenced.service",
	 * "session-2.scope", "user@1000.service"; NULL: none, or not known.
	 */
	const char *unit;
	const char *cgroup; /* of that unit if it is a system service: its directory; NULL */
	bool in_desktop;    /* that unit is a graphical session, or a user's manager */
};

/* The unit that display-manager.service stands for. */
struct use_desktop {
	const char *unit;   /* "gdm.service"; NULL: the host has none */
	const char *cgroup; /* its directory while it runs; NULL: it does not run */
};

/* A framebuffer, or the platform device of the framebuffer that firmware set up. */
struct use_screen {
	int dev;              /* the device that shows it; HOST_NONE: not known */
	const char *fb;       /* "fb0"; NULL: it has none */
	const char *name;     /* what its driver calls it: "simpledrmdrmfb"; NULL */
	const char *platform; /* "simple-framebuffer.0"; NULL where a PCI driver draws */
	const char *driver;   /* of the platform device; NULL */
};

/* A part of a BAR that a kernel driver has reserved. */
struct use_claim {
	unsigned dev;
	const char *name; /* "BOOTFB", "vfio-pci", "nvidia" */
	u64 start, end;   /* inclusive */
};

/* A text console: vtconN. */
struct use_console {
	unsigned number;
	const char *name; /* "(M) frame buffer device" */
	bool bound;
	bool framebuffer; /* it draws into framebuffers */
};

struct uses {
	struct use *use;
	unsigned nr_uses;
	struct use_screen *screens;
	unsigned nr_screens;
	struct use_claim *claims;
	unsigned nr_claims;
	struct use_console *consoles;
	unsigned nr_consoles;
	struct use_desktop desktop;
	bool claims_known;        /* addresses in /proc/iomem were readable */
	bool processes_known;     /* every process's open files were readable */
	const char *root_unknown; /* what / is mounted from, if that leads to no device; NULL */
};

/* The device's next use of a kind after @after, which is NULL to begin; NULL at the end. */
const struct use *uses_next(
	const struct uses *uses, unsigned dev, enum use_kind kind, const struct use *after);

/* The use by the guest that has a device; NULL if none has it or @uses is NULL. */
const struct use *uses_guest(const struct uses *uses, unsigned dev);
/*
 * Says who a guest is: "tenon (process 812, machine win11)". Returns @text.
 */
#define USES_GUEST_TEXT 192
char *uses_guest_text(const struct use *guest, char text[USES_GUEST_TEXT]);

/* The device's framebuffer that firmware set up, if the kernel still uses it; else NULL. */
const struct use_screen *uses_firmware_screen(const struct uses *uses, unsigned dev);

/* Whether a claim's name is one that drivers of the firmware's framebuffer use. */
bool uses_is_firmware_claim(const char *name);

/* "mount", "swap", "route", "input", "process", "guest": stable. */
const char *uses_kind_name(enum use_kind kind);

#endif
