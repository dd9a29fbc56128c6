/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can be done about a shared group, the safest first. Pure; a struct remedies is the
 * caller's and ends with remedies_close().
 */
#ifndef HOST_GROUPS_REMEDIES_H
#define HOST_GROUPS_REMEDIES_H

#include "host/groups/groups.h"

#define REMEDY_TEXT 1280

enum remedy_kind {
	REMEDY_NONE,         /* a bridge, or another part of the host itself */
	REMEDY_IOMMU,        /* turn the IOMMU on */
	REMEDY_UNKNOWN,      /* the source does not tell who shares the group: how to learn it */
	REMEDY_VMD,          /* it is behind an Intel VMD controller */
	REMEDY_NOTHING,      /* it is alone, or shares with its own functions only */
	REMEDY_SLOT,         /* another slot */
	REMEDY_FIRMWARE,     /* a setting of the firmware */
	REMEDY_KERNEL,       /* an option of the kernel that changes the hardware */
	REMEDY_WHOLE_GROUP,  /* give all of it away */
	REMEDY_ACS_OVERRIDE, /* make the kernel believe */
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
 * For @dev, in @groups (the kernel's, or the prediction itself), with the reasons of @predicted.
 * Returns 0 or -ENOMEM.
 */
int remedies_for(const struct host *host, const struct groups *groups,
	const struct groups *predicted, unsigned dev, struct remedies *remedies);
void remedies_close(struct remedies *remedies);

/* The stable name of a kind, for JSON. */
const char *remedy_name(enum remedy_kind kind);

/* Whether a member keeps the others of its group from a guest: a device, or with a host driver. */
bool remedies_is_company(const struct host_dev *dev);

/* Whether all is known that decides on who shares a device's group. */
bool remedies_decided(const struct host *host, const struct groups *groups,
	const struct groups *predicted, unsigned dev);

/*
 * The members of a device's group, itself left out, that stand in its way. Returns their number;
 * @others counts those that are not functions of the same card.
 */
unsigned remedies_company(
	const struct host *host, const struct groups *groups, unsigned dev, unsigned *others);

#endif
