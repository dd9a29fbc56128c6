/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's primary display, if the user asks for one: an emulated display that VNC viewers see,
 * with the machine's keyboard and mouse. Assigned graphics cards are then secondary displays.
 * display_kind (vm/devices/kinds.h) creates it.
 */
#ifndef VM_DEVICES_DISPLAY_H
#define VM_DEVICES_DISPLAY_H

#include "vm/machine_config.h"

struct device_set;
struct screen;

/* What the emulated display shows; NULL: the machine has none. */
const struct screen *display_screen(const struct device_set *set);

/*
 * "VNC's ADDRESS": "vnc=127.0.0.1:0" without "vnc=". Refuses an address that needs a password when
 * there is none.
 */
int display_check(const struct display_config *config, struct err *err);

#endif
