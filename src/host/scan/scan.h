/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fills a struct host from one of its sources. The caller owns the host and calls host_close(),
 * also after a failure. Reading changes nothing on the host; facts that the user may not read stay
 * unknown.
 */
#ifndef HOST_SCAN_SCAN_H
#define HOST_SCAN_SCAN_H

#include "host/facts/host.h"
#include "kernel/sysroot.h"
#include "pci/names.h"

/*
 * A bit for `skip`: do not read the config space of devices in D3cold, which would wake them. Their
 * capabilities stay unknown then.
 */
#define SCAN_LET_SLEEP BIT(31)

struct scan_source {
	const char *sysroot; /* a captured sysroot, NULL or "" for the running host */
	const char *lspci;   /* a file with the output of lspci, "-" for standard input, NULL */
	u32 skip;            /* HOST_* facts that the caller does not need; they may stay unread */
};

int scan_host(struct host *host, const struct scan_source *source, struct err *err);

/* @skip: HOST_* facts that may stay unread; 0 reads all. */
int scan_sysfs(struct host *host, const struct sysroot *sysroot, u32 skip, struct err *err);

/*
 * @text: lspci's output of any mode, lists of IOMMU groups, kernel messages, in any order and
 * inside other text; see host/scan/text/. @size bytes; need not end with NUL. host->reading then
 * tells what of it was read.
 */
int scan_lspci(struct host *host, const char *text, size_t size, struct err *err);
/* The same, with a name database that the caller has already opened. */
int scan_lspci_names(
	struct host *host, struct pci_names *names, const char *text, size_t size, struct err *err);

#endif
