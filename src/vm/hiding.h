/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a machine hides from its guest that it is virtual. Drivers of NVIDIA's consumer cards up
 * to version 460 refuse to work ("Code 43") where CPUID names KVM or Hyper-V, and where a card is
 * for professionals they do not look.
 */
#ifndef VM_HIDING_H
#define VM_HIDING_H

#include "vm/devices/assigned.h"
#include "vm/machine_config.h"

/* As @config says; by the cards, with a line in the log, where that is left to them. */
bool hiding_choose(const struct machine_config *config, const struct assigned *assigned);

/*
 * Whether a function is one of the cards that it is for. @name: by the pci.ids database. NVIDIA
 * calls its consumer cards GeForce and TITAN; one that has no name yet is taken for such a card
 * where a monitor can hang on it.
 */
bool hiding_is_for(u16 vendor, u16 class, const char *name);

#endif
