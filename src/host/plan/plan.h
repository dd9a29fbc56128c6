/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What would be done to a host to give devices to VFIO, as data: a list of operations in order,
 * each literally the file that is written and what is written to it; what speaks against it;
 * and what a person should know. Pure: facts in, plan out; opens no file.
 *
 * A struct plan is the caller's and ends with plan_close(); its texts live as long as it does.
 * Any thread.
 */
#ifndef HOST_PLAN_PLAN_H
#define HOST_PLAN_PLAN_H

#include "host/topo/host.h"

enum plan_kind {
	PLAN_MODULE, /* have the driver in the folder @file: load the module @value */
	PLAN_WRITE,  /* write @value to the attribute @file */
	PLAN_UNBIND, /* take the device from the driver that it has: write @value to @file */
	PLAN_KEEP,   /* write nothing: remember registers in @file for the way back */
	PLAN_BIND,   /* write @value to @file, upon which @driver has to have the device */
};

struct plan_op {
	enum plan_kind kind;
	const char *device; /* what it is done to, an address or a platform device's name; NULL */
	const char *file;   /* path on the host */
	const char *value;  /* what is written; NULL for PLAN_KEEP */
	const char *driver; /* of PLAN_BIND, else NULL */
	const char *why;
};

enum plan_objection_kind {
	PLAN_NO_DEVICE,
	PLAN_NOT_ASSIGNABLE, /* a bridge, an IOMMU */
	PLAN_NO_IOMMU,       /* the device is in no IOMMU group */
	PLAN_GONE,           /* its config space reads all ones */
	PLAN_BOOT_VGA,
};

/* A reason not to do it. */
struct plan_objection {
	enum plan_objection_kind kind;
	const char *device;
	const char *text; /* one sentence, no full stop */
	const char *help; /* what to do; NULL */
	bool forceable;   /* --force goes over it */
};

/* Why a device is in a plan. */
enum plan_part { PLAN_ASKED, PLAN_GROUP, PLAN_SLOT };

struct plan_device {
	unsigned dev;     /* index into host->devs */
	const char *name; /* its address */
	enum plan_part part;
	unsigned with; /* the device whose group or slot it shares, an index into host->devs */
	bool ready;    /* has the wanted driver already */
};

struct plan {
	struct plan_device *devices; /* by address */
	unsigned device_count;
	struct plan_op *ops;
	unsigned op_count;
	struct plan_objection *objections;
	unsigned objection_count;
	bool failed; /* memory ran out on the way */
	struct plan_text *texts;
};

struct plan_facts {
	const struct host *host;
};

struct plan_request {
	const struct pci_addr *devices;
	unsigned count;
	const char *driver; /* "vfio-pci" or another that VFIO has; NULL: choose */
};

/*
 * Plans giving the devices, with the rest of their groups and slots, to VFIO. Returns 0 or
 * -ENOMEM. What is wrong with the request is an objection, not an error.
 */
int plan_bind(
	struct plan *plan, const struct plan_facts *facts, const struct plan_request *request);

/* Whether it may be carried out, given --force or not. */
bool plan_allowed(const struct plan *plan, bool force);

/* Safe on a zeroed one, and twice. */
void plan_close(struct plan *plan);

/* Drivers whose devices VFIO counts as harmless in a group: vfio-pci, its variants, pci-stub. */
bool plan_is_vfio(const char *driver);

const char *plan_kind_name(enum plan_kind kind);
/* Returns 0 or -EINVAL. */
int plan_kind_find(const char *name, enum plan_kind *kind);
const char *plan_objection_name(enum plan_objection_kind kind);

#endif
