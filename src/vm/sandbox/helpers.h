/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel says of the programs that this process has started, whoever confined them: their
 * user, namespaces, capabilities and filters of system calls, from /proc.
 */
#ifndef VM_SANDBOX_HELPERS_H
#define VM_SANDBOX_HELPERS_H

#include "base/err.h"
#include "base/types.h"

/*
 * Logs what holds for each helper. With @strict a helper that could harm the host is an error: one
 * without a filter of system calls, with a capability by which root rules the host, or in the
 * host's network although it serves none. Call it while this process may look at its children.
 */
int helpers_hold(bool strict, struct err *err);

#endif
