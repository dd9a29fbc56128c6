/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether one device isolates what is below or beside it, as Linux judges it, and what makes it
 * so. Pure.
 */
#ifndef HOST_GROUPS_ISOLATION_H
#define HOST_GROUPS_ISOLATION_H

#include "host/facts/host.h"

enum isolation_reason {
	ISOLATION_ACS,             /* the bits that it offers are on */
	ISOLATION_SINGLE,          /* a single function with nothing beside it */
	ISOLATION_QUIRK,           /* the kernel knows that it does; see quirk */
	ISOLATION_VIRTUAL,         /* an SR-IOV virtual function */
	ISOLATION_WITH_IOMMU,      /* it has ACS, and Linux will set it once there is an IOMMU */
	ISOLATION_ASSUMED,         /* it has ACS; its bits are not in the source, Linux sets them */
	NO_ISOLATION_ACS_OFF,      /* bits are offered but off; see missing */
	NO_ISOLATION_NO_ACS,       /* no ACS capability */
	NO_ISOLATION_CONVENTIONAL, /* conventional PCI, or a bridge to it */
	NO_ISOLATION_QUIRK,        /* the kernel knows that it does not */
	ISOLATION_UNKNOWN,         /* the source does not say; see lacks */
};

struct isolation {
	bool isolates;
	enum isolation_reason reason;
	u16 missing;       /* PCI_ACS_* bits that are offered but off */
	u32 lacks;         /* HOST_* facts that are not known */
	bool restricted;   /* because reading them takes root */
	int pcie_type;     /* as the kernel corrects it; HOST_NONE for conventional */
	const char *quirk; /* a name, NULL */
};

struct isolation isolation_of(const struct host *host, const struct host_dev *dev);

/* The kind of a port as the kernel corrects it where a switch has it wrong. */
int isolation_port_type(const struct host *host, const struct host_dev *dev);

#endif
