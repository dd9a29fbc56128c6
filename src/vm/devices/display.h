/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's first screen, as the user asks for it: an emulated display for viewers of VNC, who
 * use the machine's keyboard and mouse. Assigned cards are then further displays. display_kind
 * (vm/devices/kinds.h) makes it.
 */
#ifndef VM_DEVICES_DISPLAY_H
#define VM_DEVICES_DISPLAY_H

#include "vm/machine_config.h"

/* "VNC's ADDRESS": "vnc=127.0.0.1:0" without "vnc=". Refuses what needs a password and has none. */
int display_check(const struct display_config *config, struct err *err);

#endif
