/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fills a struct host from one of its sources. The host is the caller's: host_close() it, after
 * a failure too. Reading changes nothing on the host; where rights are missing, facts are.
 */
#ifndef HOST_SCAN_SCAN_H
#define HOST_SCAN_SCAN_H

#include "host/facts/host.h"
#include "kernel/sysroot.h"
#include "pci/names.h"

/*
 * A bit for `skip`: devices in D3cold are left asleep. Reading config space wakes them; without
 * it their capabilities are not known.
 */
#define SCAN_LET_SLEEP BIT(31)

struct scan_source {
	const char *sysroot; /* a captured tree, NULL or "" for the running host */
	const char *lspci;   /* a file with an lspci's text, "-" for standard input, NULL */
	u32 skip; /* HOST_* facts that the caller will not look at; they may stay unread */
};

int scan_host(struct host *host, const struct scan_source *source, struct err *err);

/* All but the HOST_* facts in @skip, which may stay unread; 0 for all. */
int scan_sysfs(struct host *host, const struct sysroot *sysroot, u32 skip, struct err *err);

/*
 * @text: lspci's output of any mode, lists of IOMMU groups, kernel messages, in any order and
 * inside other text; see host/scan/text/. @size bytes; need not end with NUL. host->reading tells
 * what of it was read.
 */
int scan_lspci(struct host *host, const char *text, size_t size, struct err *err);
/* The same, with names that the caller has open already. */
int scan_lspci_names(
	struct host *host, struct pci_names *names, const char *text, size_t size, struct err *err);

#endif
