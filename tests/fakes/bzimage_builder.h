/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds a bzImage for the tests. */
#ifndef BZIMAGE_MAKE_H
#define BZIMAGE_MAKE_H

#include "base/types.h"

#define BZIMAGE_SETUP (5 * 512) /* where the part for protected mode begins */
#define BZIMAGE_PROT  0x5000    /* its size */
#define BZIMAGE_SIZE  (BZIMAGE_SETUP + BZIMAGE_PROT)

/*
 * A relocatable 64-bit kernel for 1000000h that needs 8 MiB and takes 100 characters. Fills
 * BZIMAGE_SIZE bytes.
 */
void make_bzimage(u8 *image);

#endif
