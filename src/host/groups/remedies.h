/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can be done about a shared group, safest first. Pure; the caller owns a struct remedies and
 * frees it with remedies_close().
 */
#ifndef HOST_GROUPS_REMEDIES_H
#define HOST_GROUPS_REMEDIES_H

#include "host/groups/groups.h"

#define REMEDY_TEXT 1280

enum remedy_kind {
	REMEDY_NONE,         /* a bridge, or another part of the host itself */
	REMEDY_IOMMU,        /* turn the IOMMU on */
	REMEDY_UNKNOWN,      /* the source lacks who shares the group: how to find out */
	REMEDY_VMD,          /* it is behind an Intel VMD controller */
	REMEDY_NOTHING,      /* it is alone, or shares only with functions of its own card */
	REMEDY_SLOT,         /* another slot */
	REMEDY_FIRMWARE,     /* a setting of the firmware */
	REMEDY_KERNEL,       /* a kernel parameter that changes the hardware's settings */
	REMEDY_WHOLE_GROUP,  /* assign the whole group */
	REMEDY_ACS_OVERRIDE, /* make the kernel assume isolation */
};

struct remedy {
	enum remedy_kind kind;
	char text[REMEDY_TEXT]; /* sentences */
	unsigned *dev; /* ports of REMEDY_SLOT, members of REMEDY_WHOLE_GROUP; may be NULL */
	unsigned nr_devs;
};

struct remedies {
	struct remedy *list;
	unsigned count;
};

/*
 * Finds remedies for @dev in @groups (the kernel's or the predicted ones), with the reasons of
 * @predicted. Returns 0 or -ENOMEM.
 */
int remedies_for(const struct host *host, const struct groups *groups,
	const struct groups *predicted, unsigned dev, struct remedies *remedies);
void remedies_close(struct remedies *remedies);

/* The stable name of a kind, for JSON. */
const char *remedy_name(enum remedy_kind kind);

/*
 * Whether a member prevents the assignment of others in its group: it is assignable or has a host
 * driver, and is not a bridge.
 */
bool remedies_is_company(const struct host_dev *dev);

/* Whether all facts that decide who shares a device's group are known. */
bool remedies_decided(const struct host *host, const struct groups *groups,
	const struct groups *predicted, unsigned dev);

/*
 * The other members of a device's group that prevent its assignment. Returns their number; @others
 * counts those that are not functions of the same card.
 */
unsigned remedies_company(
	const struct host *host, const struct groups *groups, unsigned dev, unsigned *others);

/* Whether there are such others; faster than counting them. */
bool remedies_has_others(const struct host *host, const struct groups *groups, unsigned dev);

#endif
