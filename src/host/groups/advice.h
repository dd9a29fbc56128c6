/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an expert would tell about a device besides its group: that it is the only display, that its
 * model does not recover from resets, that it is attached by Thunderbolt. Pure.
 */
#ifndef HOST_GROUPS_ADVICE_H
#define HOST_GROUPS_ADVICE_H

#include "host/groups/groups.h"

enum advice_kind {
	ADVICE_GUEST,       /* the text comes from a virtual machine */
	ADVICE_DOM0,        /* the text comes from a Xen domain */
	ADVICE_ASLEEP,      /* suspended */
	ADVICE_GONE,        /* it does not answer */
	ADVICE_DISPLAY,     /* the display that firmware started, or the only one */
	ADVICE_RESET,       /* its model does not recover from a reset */
	ADVICE_NVSWITCH,    /* an HGX board */
	ADVICE_THUNDERBOLT, /* an external box */
	ADVICE_RMRR,        /* the kernel has refused it */
	ADVICE_OVERRIDE,    /* pcie_acs_override splits the groups */
	ADVICE_IOMMU_ON,    /* groups are not shown, although the IOMMU is on */
	ADVICE_KINDS,
};

#define ADVICE_TEXT 640

struct advice {
	enum advice_kind kind;
	char text[ADVICE_TEXT]; /* sentences */
};

/* Fills @advice and returns how many there are. */
unsigned advice_for(const struct host *host, unsigned dev, struct advice advice[ADVICE_KINDS]);

/* "guest", "asleep", ...: stable. */
const char *advice_name(enum advice_kind kind);

#endif
