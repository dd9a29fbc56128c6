/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a host into one text file with all that a report needs (kernel/capture.h describes the
 * format), but without what identifies one machine. Serial numbers, MAC addresses and UUIDs are
 * masked, and so are networks, servers, host names, users and passwords in options of the kernel
 * and of mounts. Network addresses are left out.
 */
#ifndef HOST_SCAN_CAPTURE_H
#define HOST_SCAN_CAPTURE_H

#include <stdio.h>

#include "kernel/sysroot.h"

struct capture_summary {
	unsigned files, links;
	unsigned unreadable; /* files that exist but that this user may not read */
	char which[512];     /* the first of them, separated by blanks */
};

/* Returns 0 or -ENOMEM; check @out with ferror() for write errors. */
int capture_host(const struct sysroot *sysroot, FILE *out, struct capture_summary *summary);

/*
 * Masks in place: writes x for each letter and digit of MAC addresses, UUIDs, what follows "serial
 * number", and names of people, machines and networks.
 */
void capture_mask_text(char *text);
/* Masks in place: zeroes the device serial number in a config space. */
void capture_mask_config(u8 *config, size_t size);

#endif
