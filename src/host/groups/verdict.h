/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device's verdict: one word that says whether a guest can have it, or why not. Pure. */
#ifndef HOST_GROUPS_VERDICT_H
#define HOST_GROUPS_VERDICT_H

#include "host/facts/uses.h"
#include "host/groups/groups.h"

/* They are tried in this order; the first that applies is the verdict. */
enum verdict_word {
	VERDICT_ASLEEP,   /* its config space reads all ones, and its port is in D3 */
	VERDICT_GONE,     /* its config space reads all ones: no power, or not there any more */
	VERDICT_NO_IOMMU, /* the kernel has it in no IOMMU group */
	VERDICT_GUEST,    /* a guest has it now */
	VERDICT_READY,    /* VFIO has it, and VFIO or no driver has the rest of its group */
	VERDICT_SHARED,   /* something that is not of the same card is in its group */
	VERDICT_BOOT_VGA, /* the console is on it */
	VERDICT_IN_USE,   /* a host driver has it */
	VERDICT_UNKNOWN,  /* the source does not say enough; who shares its group, for one */
	VERDICT_FREE,     /* no driver has it; it only has to be bound */
};

/*
 * @groups: the kernel's, or where those are not known a prediction. @guests: as scan_uses() or
 * scan_guests() found them; NULL where the source does not tell.
 */
enum verdict_word verdict_of(const struct host *host, const struct groups *groups,
	const struct uses *guests, unsigned dev);

/* "gone", "no-iommu", "ready", ...: stable. */
const char *verdict_name(enum verdict_word word);

/* Whether a driver hands its devices to guests (vfio-pci and its variants, pci-stub). */
bool verdict_is_vfio(const char *driver);

#endif
