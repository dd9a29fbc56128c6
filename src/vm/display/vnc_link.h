/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What passes between a machine and the process that talks to its viewers, over a socket that keeps
 * messages apart (SOCK_SEQPACKET). Each message begins with its kind and has the size of its kind,
 * at most VNC_MESSAGE_MAX bytes; the receiver ignores kinds that it does not know, so that either
 * side may get more of them. Who receives trusts nothing in them.
 *
 * The machine sends one VNC_HELLO; the other process answers with VNC_READY once it serves, and
 * from then on sends what viewers press.
 */
#ifndef VM_DISPLAY_VNC_LINK_H
#define VM_DISPLAY_VNC_LINK_H

#include "base/types.h"

#define VNC_MESSAGE_MAX  512
#define VNC_NAME_MAX     128
#define VNC_PASSWORD_MAX 8
#define VNC_FARTHEST     65535

enum vnc_kind { VNC_HELLO = 1, VNC_READY, VNC_KEY, VNC_POINTER };

struct vnc_hello {
	u32 kind;
	u8 has_password;
	char password[VNC_PASSWORD_MAX + 1];
	char name[VNC_NAME_MAX]; /* the title of a viewer's window */
};

/* VNC_READY and VNC_KEY, VNC_POINTER: as in struct input. */
struct vnc_event {
	u32 kind;
	u8 key;
	u8 down;              /* VNC_POINTER: the buttons */
	s32 x, y, wheel;      /* each from -VNC_FARTHEST to VNC_FARTHEST */
	s32 place_x, place_y; /* VNC_POINTER: where it is, as in struct input_place */
};

#endif
