/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan for giving devices to VFIO, as data: the operations in order, each with the file that is
 * written and what is written to it; the objections; and notes for the user. Pure: it turns facts
 * into a plan and opens no file.
 *
 * A struct plan is the caller's and ends with plan_close(); its texts live as long as it does,
 * and it refers to no text of the facts. Any thread.
 */
#ifndef HOST_PLAN_PLAN_H
#define HOST_PLAN_PLAN_H

#include "base/arena.h"
#include "host/facts/host.h"
#include "host/facts/modules.h"
#include "host/facts/uses.h"

enum plan_kind {
	PLAN_MODULE, /* have the driver in the directory @file: load the module @value */
	PLAN_WRITE,  /* write @value to the attribute @file */
	PLAN_UNBIND, /* take the device from the driver that it has: write @value to @file */
	PLAN_KEEP,   /* write nothing: remember registers in @file for the way back */
	PLAN_BIND,   /* write @value to @file, upon which @driver has to have the device */
	PLAN_CHECK,  /* write nothing: VFIO has to find the group @file whole */
	PLAN_FILE,   /* make the file @file with the contents @value */
	PLAN_RESET,  /* write @value to @file, which resets the device; has no way back */
	PLAN_POOL,   /* have the kernel keep @value huge pages: @file is their nr_hugepages */
};

struct plan_op {
	enum plan_kind kind;
	const char *device; /* what it is done to, an address or a platform device's name; NULL */
	const char *file;   /* path on the host */
	const char *value;  /* what is written; NULL for PLAN_KEEP and PLAN_CHECK */
	const char *driver; /* that has it after PLAN_BIND, before PLAN_UNBIND; else NULL */
	const char *why;    /* one sentence, no full stop */
};

enum plan_objection_kind {
	PLAN_NO_DEVICE,
	PLAN_NOT_ASSIGNABLE, /* a bridge, an IOMMU */
	PLAN_NO_IOMMU,       /* the device is in no IOMMU group */
	PLAN_GROUP_UNKNOWN,  /* the source shows neither its group nor who else is in it */
	PLAN_BEHIND_VMD,     /* it exists only while the host's driver has the VMD controller */
	PLAN_ASLEEP,         /* its config space reads all ones, and its port is in D3 */
	PLAN_GONE,           /* its config space reads all ones */
	PLAN_GUEST,          /* a guest has it */
	PLAN_HAS_VFS,        /* virtual functions hang on it */
	PLAN_BOOT_VGA,
	PLAN_MOUNTED,       /* file systems or swap are on it */
	PLAN_ROOT_UNKNOWN,  /* it holds disks, and it is not known which disk / is on */
	PLAN_DEFAULT_ROUTE, /* the host's way to the network */
	PLAN_IN_USE,        /* processes have its files open */
	PLAN_ROM_MODE,      /* its ROM does not allow the boot mode that was asked for */
	PLAN_NO_PERSIST,    /* there is nothing to make it survive a reboot with */
	PLAN_NO_RESET,      /* of a reset: there is no way, or not this one */
};

/* A reason not to do it. */
struct plan_objection {
	enum plan_objection_kind kind;
	const char *device;
	const char *text; /* one sentence, no full stop */
	const char *help; /* what to do; NULL */
	bool forceable;   /* --force overrides it */
};

/* Something that the user should know but that stops nothing: a sentence, no full stop. */
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
	bool ready;         /* has the wanted driver already */
	const char *driver; /* the wanted one: "vfio-pci" or a variant */
};

/* How a guest starts with a graphics card. */
enum plan_mode {
	PLAN_MODE_AUTO,
	PLAN_MODE_UEFI,      /* the firmware in the guest draws with the card's EFI driver */
	PLAN_MODE_BIOS,      /* with its video BIOS, over legacy VGA */
	PLAN_MODE_SECONDARY, /* the firmware leaves it alone; the guest's own driver starts it */
	PLAN_MODE_UNKNOWN,   /* only in an answer: the ROM was not read */
};

struct plan_boot {
	const char *device;
	enum plan_mode mode; /* what it would be: as asked, or chosen */
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
	struct arena memory; /* of its texts; ->failed: memory ran out on the way */
};

/* What is known of a graphics card's ROM. */
struct plan_rom {
	unsigned dev;
	bool known, bios, efi;
	char why_bios[384], why_efi[384]; /* the reason for either answer */
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
	bool persist; /* make it survive a reboot */
};

/*
 * Plans giving the devices, with the rest of their groups and slots, to VFIO. Returns 0 or
 * -ENOMEM. What is wrong with the request is an objection, not an error.
 */
int plan_bind(
	struct plan *plan, const struct plan_facts *facts, const struct plan_request *request);

/* Whether it may be carried out, given --force or not. */
bool plan_allowed(const struct plan *plan, bool force);

/*
 * The command that takes a file of a plan to survive a reboot into the initramfs, or out of it once
 * it is gone: "update-initramfs -u -k all"; NULL for other files.
 */
const char *plan_file_maker(const char *file);

/* May be called on a zeroed one, and more than once. */
void plan_close(struct plan *plan);

/*
 * Says an operation in words, "0000:01:00.0: leave the driver nouveau", at most @size bytes
 * with the NUL. Returns @text.
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
