/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can be done about a shared group, the safest first. Pure; a struct choices is the
 * caller's and ends with choices_close().
 */
#ifndef HOST_GROUPS_REMEDIES_H
#define HOST_GROUPS_REMEDIES_H

#include "host/groups/groups.h"

#define CHOICE_TEXT 1280

enum choice_kind {
	CHOICE_NONE,         /* a bridge, or another part of the host itself */
	CHOICE_IOMMU,        /* turn the IOMMU on */
	CHOICE_NOTHING,      /* it is alone, or shares with its own functions only */
	CHOICE_SLOT,         /* another slot */
	CHOICE_FIRMWARE,     /* a setting of the firmware */
	CHOICE_KERNEL,       /* an option of the kernel that changes the hardware */
	CHOICE_WHOLE_GROUP,  /* give all of it away */
	CHOICE_ACS_OVERRIDE, /* make the kernel believe */
};

struct choice {
	enum choice_kind kind;
	char text[CHOICE_TEXT]; /* sentences */
	unsigned *dev; /* ports of CHOICE_SLOT, members of CHOICE_WHOLE_GROUP; may be NULL */
	unsigned dev_count;
};

struct choices {
	struct choice *list;
	unsigned count;
};

/*
 * For @dev, in @groups (the kernel's, or the prediction itself), with the reasons of @predicted.
 * Returns 0 or -ENOMEM.
 */
int choices_for(const struct host *host, const struct groups *groups,
	const struct groups *predicted, unsigned dev, struct choices *choices);
void choices_close(struct choices *choices);

/* The stable name of a kind, for JSON. */
const char *choice_name(enum choice_kind kind);

/* Whether a member of a group stands in the way of the others: a device, or a driver's. */
bool choices_is_company(const struct host_dev *dev);

/*
 * The members of a device's group, itself left out, that stand in its way. Returns their number;
 * @others counts those that are not functions of the same card.
 */
unsigned choices_company(
	const struct host *host, const struct groups *groups, unsigned dev, unsigned *others);

#endif
