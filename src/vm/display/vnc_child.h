/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's side of the process that talks to the viewers of its display. That process parses
 * what viewers send, with libvncserver, and has nothing but the listening socket, the display's
 * memory for reading, and a socket by which it says what was pressed (vnc_link.h). If it ends or
 * says nonsense, nobody sees the display any more, and the guest runs on.
 *
 * All functions on the thread that runs the loop, or while none does.
 */
#ifndef VM_DISPLAY_VNC_CHILD_H
#define VM_DISPLAY_VNC_CHILD_H

#include "base/child.h"
#include "kernel/confine.h"
#include "vm/dev/input_held.h"
#include "vm/display/screen.h"

struct vnc_child_config {
	int listener;
	const struct screen *screen;
	const char *name;     /* the machine's, or NULL */
	const char *password; /* at most VNC_PASSWORD_MAX characters, or NULL */
	struct input *input;
	enum confine_mode confine;
	struct loop *loop;
};

struct vnc_child {
	struct child child;
	struct loop *loop;
	struct loop_source events;
	struct loop_timer again; /* while the guest has no room for a key */
	unsigned tries;          /* how often that was so for this key */
	bool has_key;            /* @key waits */
	u8 key, down;
	struct input_held held;
};

/* Starts the process, and returns when it serves. The caller keeps @config's files. */
int vnc_child_open(struct vnc_child *vnc, const struct vnc_child_config *config, struct err *err);
/* Safe on a zeroed struct. */
void vnc_child_close(struct vnc_child *vnc);

/* The rest of the opening, with a connection to a process that exists. Takes @socket over. */
int vnc_child_listen(
	struct vnc_child *vnc, int socket, const struct vnc_child_config *config, struct err *err);

#endif
