/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device's verdict: one word that says whether a guest can have it, or why not. Pure. */
#ifndef HOST_GROUPS_VERDICT_H
#define HOST_GROUPS_VERDICT_H

#include "host/facts/uses.h"
#include "host/groups/groups.h"

/* They are tried in this order; the first that applies is the verdict. */
enum verdict_word {
	VERDICT_ASLEEP,   /* its config space reads all ones, and its port is in D3 */
	VERDICT_GONE,     /* its config space reads all ones: it has no power, or is gone */
	VERDICT_NO_IOMMU, /* it is in no IOMMU group */
	VERDICT_GUEST,    /* a guest has it now */
	VERDICT_READY,    /* it is bound to VFIO, and its group is viable */
	VERDICT_SHARED,   /* its group has devices that are not of the same card */
	VERDICT_BOOT_VGA, /* the console is on it */
	VERDICT_IN_USE,   /* it is bound to a host driver */
	VERDICT_UNKNOWN,  /* the source lacks facts, for example who shares its group */
	VERDICT_FREE,     /* it has no driver and only needs to be bound to VFIO */
};

/*
 * @groups: the kernel's, or a prediction if those are not known. @guests: as found by scan_uses()
 * or scan_guests(); NULL if the source does not tell.
 */
enum verdict_word verdict_of(const struct host *host, const struct groups *groups,
	const struct uses *guests, unsigned dev);

/* "gone", "no-iommu", "ready", ...: stable. */
const char *verdict_name(enum verdict_word word);

/* Whether a driver serves assignment (vfio-pci and its variants, pci-stub). */
bool verdict_is_vfio(const char *driver);

#endif
