/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process that talks to the viewers of a display: vnc.h, with what it needs of the machine over
 * vnc_link.h. Before it reads a byte of a viewer it has given up every right that the kernel lets
 * it give up: files, capabilities, the host's networks, and all system calls but a few.
 */
#ifndef VM_DISPLAY_VNC_SERVER_H
#define VM_DISPLAY_VNC_SERVER_H

#include "base/err.h"
#include "kernel/confine.h"

/*
 * Serves until the machine closes @link. @listener: for viewers; @pixels: of screen_give(). Takes
 * all three over.
 */
int vnc_serve(int listener, int pixels, int link, enum confine_mode mode, struct err *err);

/*
 * Gives up the rights of this process, which has one thread. What the host does not support is left
 * out, as for other helpers (kernel/confine.h).
 */
int vnc_confine(enum confine_mode mode, struct err *err);

#endif
