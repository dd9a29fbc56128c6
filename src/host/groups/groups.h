/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IOMMU groups: those that the kernel made, and those that it would make of what config space
 * says, each device with the reason. Pure; a struct groups is the caller's and ends with
 * groups_close().
 */
#ifndef HOST_GROUPS_GROUPS_H
#define HOST_GROUPS_GROUPS_H

#include "host/facts/host.h"

enum join_reason {
	JOIN_FIRST,          /* it opened its group: nothing forced it into another */
	JOIN_BRIDGE_ID,      /* a conventional bridge, @at, puts its own id on its requests */
	JOIN_SHARED_ID,      /* it and @at are known to use one requester id */
	JOIN_VMD,            /* it lies behind the VMD controller @at, which does its DMA */
	JOIN_PORT,           /* port @at on the way up does not isolate */
	JOIN_FUNCTIONS,      /* it and @at are functions of one device without ACS between them */
	JOIN_NOT_TRANSLATED, /* the IOMMU does not handle it: it has no group */
	JOIN_UNKNOWN,        /* facts are missing at @at */
};

/* What the walk found about one device. */
struct join {
	int group; /* index into groups.list; HOST_NONE: no group */
	enum join_reason reason;
	int at;            /* the device at which isolation is lost, HOST_NONE */
	int via;           /* the device whose group it joined, HOST_NONE */
	const char *quirk; /* the name of a quirk that took part, NULL */
};

struct group {
	int id;         /* the kernel's number; HOST_NONE in a prediction */
	unsigned first; /* into groups.member */
	unsigned count;
};

struct groups {
	struct group *list;
	unsigned count;
	unsigned *member;  /* device indices, by group, in order of address */
	int *of;           /* by device index: into list, HOST_NONE */
	struct join *join; /* by device index; NULL in the kernel's groups */
	unsigned unknown;  /* devices of which the facts do not suffice */
};

/* The kernel's groups by number. Empty where none is known. Returns 0 or -ENOMEM. */
int groups_of_kernel(const struct host *host, struct groups *groups);

/*
 * The groups that config space gives, in the order in which the kernel makes them (predict.c).
 */
int groups_predict(const struct host *host, struct groups *groups);

/* May be called on a zeroed one, and more than once. */
void groups_close(struct groups *groups);

/* The group that a device is in, NULL if none. */
const struct group *groups_find(const struct groups *groups, unsigned dev);

/* Whether @dev shares its group with the same devices in both. */
bool groups_agree(const struct groups *a, const struct groups *b, unsigned dev);

/* For the two that make groups: room for a host's, then from ->of and ->count to the rest. */
int groups_alloc(struct groups *groups, const struct host *host);
void groups_collect(struct groups *groups, const struct host *host);

#endif
