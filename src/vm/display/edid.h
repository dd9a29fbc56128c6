/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The EDID of the emulated display: VESA E-EDID 1.4, one block. Pure. */
#ifndef VM_DISPLAY_EDID_H
#define VM_DISPLAY_EDID_H

#include "base/types.h"

#define EDID_SIZE 128

/* The preferred mode, in which SeaBIOS draws its text and a kernel starts. */
#define EDID_WIDTH  1280
#define EDID_HEIGHT 800

void edid_fill(u8 edid[EDID_SIZE]);

#endif
