/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the emulated display says of itself: VESA E-EDID 1.4, one block. Pure. */
#ifndef VM_DISPLAY_EDID_H
#define VM_DISPLAY_EDID_H

#include "base/types.h"

#define EDID_SIZE 128

/* The mode that it prefers: what SeaBIOS draws its text in and a kernel starts with. */
#define EDID_WIDTH  1280
#define EDID_HEIGHT 800

void edid_fill(u8 edid[EDID_SIZE]);

#endif
