/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether Linux considers a device to isolate what is below or beside it, and why. Pure.
 */
#ifndef HOST_GROUPS_ISOLATION_H
#define HOST_GROUPS_ISOLATION_H

#include "host/facts/host.h"

enum isolation_reason {
	ISOLATION_ACS,             /* all ACS bits that it offers are on */
	ISOLATION_SINGLE,          /* a single function with nothing beside it */
	ISOLATION_QUIRK,           /* a kernel quirk says that it isolates; see quirk */
	ISOLATION_VIRTUAL,         /* an SR-IOV virtual function */
	ISOLATION_WITH_IOMMU,      /* it has ACS, which Linux enables once there is an IOMMU */
	ISOLATION_ASSUMED,         /* it has ACS; the source lacks its bits, but Linux sets them */
	NO_ISOLATION_ACS_OFF,      /* bits are offered but off; see missing */
	NO_ISOLATION_NO_ACS,       /* no ACS capability */
	NO_ISOLATION_CONVENTIONAL, /* conventional PCI, or a bridge to it */
	NO_ISOLATION_QUIRK,        /* a kernel quirk says that it does not isolate */
	ISOLATION_UNKNOWN,         /* the source does not say; see lacks */
};

struct isolation {
	bool isolates;
	enum isolation_reason reason;
	u16 missing;       /* PCI_ACS_* bits that are offered but off */
	u32 lacks;         /* HOST_* facts that are not known */
	bool restricted;   /* lacks facts because reading them takes root */
	int pcie_type;     /* as corrected by the kernel; HOST_NONE for conventional PCI */
	const char *quirk; /* a name, NULL */
};

struct isolation isolation_of(const struct host *host, const struct host_dev *dev);

/* The port type, with the kernel's correction for switches that report a wrong one. */
int isolation_port_type(const struct host *host, const struct host_dev *dev);

#endif
