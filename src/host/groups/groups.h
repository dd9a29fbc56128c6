/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IOMMU groups: those that the kernel made, and those predicted from config space, with the reason
 * for each device. Pure; the caller owns a struct groups and frees it with groups_close().
 */
#ifndef HOST_GROUPS_GROUPS_H
#define HOST_GROUPS_GROUPS_H

#include "host/facts/host.h"

enum join_reason {
	JOIN_FIRST,          /* it opened its group: nothing forced it into another */
	JOIN_BRIDGE_ID,      /* @at, a conventional PCI bridge, replaces its requester id */
	JOIN_SHARED_ID,      /* it and @at are known to share one requester id */
	JOIN_VMD,            /* it is behind the VMD controller @at, whose id its DMA carries */
	JOIN_PORT,           /* the port @at above it does not isolate */
	JOIN_FUNCTIONS,      /* it and @at are functions of one device without ACS between them */
	JOIN_NOT_TRANSLATED, /* no IOMMU translates its DMA: it has no group */
	JOIN_UNKNOWN,        /* facts are missing at @at */
};

/* The result for one device. */
struct join {
	int group; /* index into groups.list; HOST_NONE: no group */
	enum join_reason reason;
	int at;            /* the device at which isolation is lost, HOST_NONE */
	int via;           /* the device whose group it joined, HOST_NONE */
	const char *quirk; /* the name of a quirk that was involved, NULL */
};

struct group {
	int id;         /* the kernel's number; HOST_NONE in a prediction */
	unsigned first; /* into groups.member */
	unsigned count;
	bool held; /* a member that is no bridge is bound to a driver other than VFIO's */
};

struct groups {
	struct group *list;
	unsigned count;
	unsigned *member;  /* device indices, by group, in order of address */
	int *of;           /* by device index: into list, HOST_NONE */
	struct join *join; /* by device index; NULL in the kernel's groups */
	unsigned unknown;  /* number of devices with too few facts to decide */
};

/* Gets the kernel's groups, sorted by number; empty if none is known. Returns 0 or -ENOMEM. */
int groups_of_kernel(const struct host *host, struct groups *groups);

/*
 * Predicts the groups from config space, in the order in which the kernel creates them (predict.c).
 * Returns 0 or -ENOMEM.
 */
int groups_predict(const struct host *host, struct groups *groups);

/* May be called on a zeroed one, and more than once. */
void groups_close(struct groups *groups);

/* The group of a device, NULL if it has none. */
const struct group *groups_find(const struct groups *groups, unsigned dev);

/* Whether @dev shares its group with the same devices in both. */
bool groups_agree(const struct groups *a, const struct groups *b, unsigned dev);

/*
 * For the two functions that make groups: allocate for a host's devices, then fill the rest from
 * ->of and ->count.
 */
int groups_alloc(struct groups *groups, const struct host *host);
void groups_collect(struct groups *groups, const struct host *host);

#endif
