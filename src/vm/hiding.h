/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a machine hides from its guest that it is virtual. NVIDIA's drivers up to version 460
 * refuse to drive a consumer card ("Code 43") when CPUID names KVM or Hyper-V; for professional
 * cards they do not check.
 */
#ifndef VM_HIDING_H
#define VM_HIDING_H

#include "vm/devices/assigned.h"
#include "vm/machine_config.h"

/*
 * Returns what @config says. With HIDING_AUTO the assigned devices decide, and a line in the log
 * says so.
 */
bool hiding_choose(const struct machine_config *config, const struct assigned *assigned);

/*
 * Whether a function is a card whose driver needs hiding. @name: the function's name in the pci.ids
 * database. NVIDIA calls its consumer cards GeForce and TITAN; a card without a name is taken for
 * one of them if it is a display controller.
 */
bool hiding_is_for(u16 vendor, u16 class, const char *name);

#endif
