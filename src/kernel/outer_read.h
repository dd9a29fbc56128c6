/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds out whether a host is itself a virtual machine: see base/outer.h. */
#ifndef KERNEL_OUTER_READ_H
#define KERNEL_OUTER_READ_H

#include "base/outer.h"
#include "kernel/sysroot.h"

#define OUTER_EVIDENCE 96

/* @evidence: what it was concluded from, such as "QEMU"; "" for OUTER_NONE. */
enum outer outer_read(const struct sysroot *sysroot, char evidence[OUTER_EVIDENCE]);

/* The same of the running host. */
enum outer outer_of_this_host(void);

#endif
