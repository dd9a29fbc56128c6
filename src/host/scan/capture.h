/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a host into one text file, with all that a report needs (kernel/capture.h has the
 * format), and without what tells one machine of a kind from another: serial numbers, MAC
 * addresses and UUIDs are masked, and so are what options of the kernel and of mounts tell of
 * networks, servers, host names, users and passwords; addresses of the network are left out.
 */
#ifndef HOST_SCAN_CAPTURE_H
#define HOST_SCAN_CAPTURE_H

#include <stdio.h>

#include "kernel/sysroot.h"

struct capture_summary {
	unsigned files, links;
	unsigned unreadable; /* files that exist and could not be read: rights are missing */
	char which[512];     /* the first of them, with blanks between */
};

/* Returns 0 or -ENOMEM; what @out could not take shows in ferror(). */
int capture_host(const struct sysroot *sysroot, FILE *out, struct capture_summary *summary);

/*
 * In place: x for each letter and digit of a MAC address, a UUID, what follows "serial number", and
 * of what names a person, a machine or a network.
 */
void capture_mask_text(char *text);
/* In place: zeroes for the device serial number in a config space. */
void capture_mask_config(u8 *config, size_t size);

#endif
