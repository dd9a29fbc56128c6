/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What somebody who knows such hosts would add about a device, beside its group: that it is the
 * only display, that its model has trouble with resets, that it hangs on Thunderbolt. Pure.
 */
#ifndef HOST_GROUPS_ADVICE_H
#define HOST_GROUPS_ADVICE_H

#include "host/groups/groups.h"

enum advice_kind {
	ADVICE_GUEST,       /* the text is of a virtual machine */
	ADVICE_DOM0,        /* the text is of a domain of Xen's */
	ADVICE_ASLEEP,      /* without power for now */
	ADVICE_GONE,        /* it does not answer */
	ADVICE_DISPLAY,     /* the display that firmware started, or the only one */
	ADVICE_RESET,       /* its model does not come back from a reset */
	ADVICE_NVSWITCH,    /* an HGX board */
	ADVICE_THUNDERBOLT, /* an external box */
	ADVICE_RMRR,        /* the kernel has refused it */
	ADVICE_OVERRIDE,    /* the groups are not the hardware's */
	ADVICE_IOMMU_ON,    /* groups are not shown, and the IOMMU is on all the same */
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
