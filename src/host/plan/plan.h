/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan, as data, for binding devices to VFIO: the operations in order, each with the file that is
 * written and its new contents; the objections; and notes for the user. Pure: it turns facts into a
 * plan and opens no file.
 *
 * The caller owns a struct plan and frees it with plan_close(). Its texts live as long as it does,
 * and it keeps no pointers to the facts. Any thread.
 */
#ifndef HOST_PLAN_PLAN_H
#define HOST_PLAN_PLAN_H

#include "base/arena.h"
#include "host/facts/host.h"
#include "host/facts/modules.h"
#include "host/facts/uses.h"

enum plan_kind {
	PLAN_MODULE, /* load the module @value, so that its driver has the directory @file */
	PLAN_WRITE,  /* write @value to the attribute @file */
	PLAN_UNBIND, /* unbind the device from its driver: write @value to @file */
	PLAN_KEEP,   /* write nothing: save registers from @file, to restore them later */
	PLAN_BIND,   /* write @value to @file, after which @driver must be bound to the device */
	PLAN_CHECK,  /* write nothing: VFIO must find the group @file viable */
	PLAN_FILE,   /* create the file @file with the contents @value */
	PLAN_RESET,  /* write @value to @file, which resets the device; cannot be undone */
	PLAN_POOL,   /* have the kernel reserve @value huge pages: @file is their nr_hugepages */
	/*
	 * give the file @file to the user with the number @value; @file may be the directory
	 * vfio-dev of a device in sysfs, for the device's own file
	 */
	PLAN_OWNER,
	/* Have systemd stop the unit @value: @file is its cgroup's directory, while it runs. */
	PLAN_SERVICE,
	PLAN_IDLE,   /* wait until no program has files of @device, a directory @file, open */
	PLAN_UNLOAD, /* unload the module @value, so that its directory @file vanishes */
};

/* The file of iommufd, of which the host has one for all devices. */
#define PLAN_IOMMU "/dev/iommu"

struct plan_op {
	enum plan_kind kind;
	const char *device; /* its address, or a platform device's name; NULL */
	const char *file;   /* path on the host */
	const char *value;  /* what is written; NULL for PLAN_KEEP, PLAN_CHECK and PLAN_IDLE */
	const char *driver; /* the driver bound after PLAN_BIND or before PLAN_UNBIND; else NULL */
	const char *why;    /* one sentence, no full stop */
};

enum plan_objection_kind {
	PLAN_NO_DEVICE,
	PLAN_NOT_ASSIGNABLE, /* a bridge, an IOMMU */
	PLAN_NO_IOMMU,       /* the device is in no IOMMU group */
	PLAN_GROUP_UNKNOWN,  /* the source shows neither its group nor who else is in it */
	PLAN_BEHIND_VMD,     /* it exists only while the VMD controller has its driver */
	PLAN_ASLEEP,         /* its config space reads all ones, and its port is in D3 */
	PLAN_GONE,           /* its config space reads all ones */
	PLAN_GUEST,          /* a guest has it */
	PLAN_HAS_VFS,        /* it has virtual functions */
	PLAN_BOOT_VGA,
	PLAN_MOUNTED,       /* file systems or swap are on it */
	PLAN_ROOT_UNKNOWN,  /* it is a disk controller, and it is not known which disk / is on */
	PLAN_DEFAULT_ROUTE, /* the host's way to the network */
	PLAN_IN_USE,        /* processes have its files open */
	PLAN_ROM_MODE,      /* its ROM does not allow the boot mode that was asked for */
	PLAN_NO_PERSIST,    /* this host has no directory for settings that survive a reboot */
	PLAN_NO_RESET,      /* for a reset: there is no method, or not the one asked for */
};

/* A reason not to carry out the plan. */
struct plan_objection {
	enum plan_objection_kind kind;
	const char *device;
	const char *text; /* one sentence, no full stop */
	const char *help; /* what to do; NULL */
	bool forceable;   /* --force overrides it */
};

/* Something that the user should know but that prevents nothing: a sentence, no full stop. */
struct plan_note {
	const char *device; /* NULL: the host */
	const char *text;
};

/* Why a device is in a plan. */
enum plan_part { PLAN_ASKED, PLAN_GROUP, PLAN_SLOT };

struct plan_device {
	unsigned dev;     /* index into host->devs */
	const char *name; /* its address */
	enum plan_part part;
	unsigned with;      /* whose group or slot it shares, an index into host->devs */
	bool ready;         /* already bound to the wanted driver */
	const char *driver; /* the wanted one: "vfio-pci" or a variant */
};

/* How a graphics card is initialised in a guest. */
enum plan_mode {
	PLAN_MODE_AUTO,
	PLAN_MODE_UEFI,      /* the guest's firmware uses the card's EFI driver */
	PLAN_MODE_BIOS,      /* with its video BIOS, over legacy VGA */
	PLAN_MODE_SECONDARY, /* the firmware ignores it; the guest's own driver initialises it */
	PLAN_MODE_UNKNOWN,   /* only in a result: the ROM was not read */
};

struct plan_boot {
	const char *device;
	enum plan_mode mode; /* the mode that was asked for or chosen */
	bool bios, efi;      /* what the ROM allows; false where it is not known */
	bool rom_known;
	const char *why; /* one sentence, no full stop */
};

struct plan {
	struct plan_device *devices; /* by address */
	unsigned nr_devices;
	struct plan_op *ops;
	unsigned nr_ops;
	struct plan_objection *objections;
	unsigned nr_objections;
	struct plan_note *notes;
	unsigned nr_notes;
	struct plan_boot *boots; /* one for each graphics card */
	unsigned nr_boot;
	const char *after;   /* a command to run afterwards, "update-initramfs -u"; NULL */
	struct arena memory; /* for its texts; ->failed: memory ran out */
};

/* What is known of a graphics card's ROM. */
struct plan_rom {
	unsigned dev;
	bool known, bios, efi;
	char why_bios[384], why_efi[384]; /* the reasons for both answers */
	char unknown[256];                /* why it is not known */
};

struct plan_facts {
	const struct host *host;
	const struct uses *uses;
	const struct modules *modules;
	const struct plan_rom *roms;
	unsigned nr_roms;
};

struct plan_request {
	const struct pci_addr *devices;
	unsigned count;
	const char *driver; /* "vfio-pci" or another that VFIO has; NULL: choose */
	enum plan_mode mode;
	bool persist;     /* make it survive a reboot */
	const char *user; /* who is to have the devices' files; NULL: they stay root's */
	u32 uid;
	/*
	 * Only for the time of a guest: the host's desktop and consoles have to let go of the
	 * devices first.
	 */
	bool take_display;
};

/*
 * Plans to bind the devices, with the rest of their groups and slots, to VFIO. Returns 0 or
 * -ENOMEM. A problem with the request becomes an objection, not an error.
 */
int plan_bind(
	struct plan *plan, const struct plan_facts *facts, const struct plan_request *request);

/* Whether the plan may be carried out, with or without --force. */
bool plan_allowed(const struct plan *plan, bool force);

/*
 * The command that updates the initramfs after @file was created or deleted, so that the plan
 * survives a reboot or no longer does: "update-initramfs -u -k all". NULL for files that do not go
 * there.
 */
const char *plan_file_maker(const char *file);

/* May be called on a zeroed one, and more than once. */
void plan_close(struct plan *plan);

/*
 * Describes an operation, "0000:01:00.0: leave the driver nouveau", in at most @size bytes with the
 * NUL. Returns @text.
 */
char *plan_op_words(const struct plan_op *op, char *text, size_t size);

/* Stable names, for JSON and journals. */
const char *plan_kind_name(enum plan_kind kind);
/* Returns 0 or -EINVAL. */
int plan_kind_find(const char *name, enum plan_kind *kind);
const char *plan_objection_name(enum plan_objection_kind kind);
const char *plan_part_name(enum plan_part part);
const char *plan_mode_name(enum plan_mode mode);
/* One of "auto", "uefi", "bios", "secondary". Returns 0 or -EINVAL. */
int plan_mode_find(const char *name, enum plan_mode *mode);

#endif
