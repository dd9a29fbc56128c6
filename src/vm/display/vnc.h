/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A display, keyboard and mouse for viewers of VNC (RFC 6143), by libvncserver.
 *
 * One thread takes connections, and each has one of its own, so that one who reads slowly, or not
 * at all, keeps waiting nobody but himself. There is room for VNC_CLIENTS; who says nothing, or
 * does not get as far as the picture, is sent away. Threads take @lock for a look at the display
 * and for nothing that waits, and no lock while they write.
 *
 * libvncserver's lists and locks are made for one thread a screen, and one of its locks is made
 * anew with each screen: each client has a screen for himself, all of them are made before the
 * first thread is, and a process has one server at a time.
 */
#ifndef VM_DISPLAY_VNC_H
#define VM_DISPLAY_VNC_H

#include <pthread.h>

#include "vm/dev/input.h"
#include "vm/display/bochs.h"
#include "vm/display/scan.h"
#include "vm/display/vnc_address.h"
#include "vm/display/vnc_library.h"

#define VNC_CLIENTS      8
#define VNC_PASSWORD_MAX 8
#define VNC_TICK_MS      33    /* between two looks at the display */
#define VNC_HELLO_MS     30000 /* from the connection to the picture */

struct vnc_config {
	struct vnc_address address;
	const char *name;     /* of the machine, for the viewer's title; may be NULL */
	const char *password; /* 1 to VNC_PASSWORD_MAX characters, or NULL */
	struct bochs *display;
	struct input *input;
};

struct vnc_client {
	struct vnc *vnc;
	rfbScreenInfoPtr screen;
	pthread_t thread;
	bool used;               /* the thread is to be joined */
	int socket;              /* to shut it down by, whatever libvncserver does with its own */
	bool unfit;              /* it cannot be shown what there is */
	u64 since;               /* when it came, ms */
	u64 seen;                /* the scan's stamp that it has been told of */
	u8 keys[INPUT_KEYS / 8]; /* that it holds down */
	bool pointed;            /* @x and @y are there */
	int x, y;
	u8 mask; /* of the pointer, as RFB has it */
};

struct vnc {
	struct vnc_config config;
	struct vnc_library library;
	char *passwords[2];
	char password[VNC_PASSWORD_MAX + 1];
	int listener;
	int stop; /* an eventfd that is readable at the end */
	pthread_t thread;
	bool running;
	struct vnc_client clients[VNC_CLIENTS];

	pthread_mutex_t lock; /* of what follows */
	struct scan scan;
	u64 scanned;            /* when, ms */
	bool done[VNC_CLIENTS]; /* the client's thread is about to end */
};

/* The display and the keyboard outlive it. Signals are blocked already in the calling thread. */
int vnc_open(struct vnc *vnc, const struct vnc_config *config, struct err *err);
/* Safe on a zeroed struct. */
void vnc_close(struct vnc *vnc);

#endif
