/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A display, keyboard and mouse for viewers of VNC (RFC 6143), by libvncserver. It runs in a
 * process of its own (vnc_server.h), which this knows nothing of.
 *
 * One thread accepts connections, and each client has a thread of its own, so that a slow client
 * cannot stall others. There may be VNC_CLIENTS at a time. A client that has not finished the
 * handshake after VNC_HELLO_MS is disconnected. A thread holds @lock only while it looks at the
 * display, never while it waits or writes to a client.
 *
 * libvncserver allows only one thread for each rfbScreen, and initialises a global lock again with
 * each new rfbScreen. So each client has an rfbScreen of its own, all of them are created before
 * the first thread, and a process has one server at a time.
 */
#ifndef VM_DISPLAY_VNC_H
#define VM_DISPLAY_VNC_H

#include <pthread.h>

#include "vm/dev/input.h"
#include "vm/display/scan.h"
#include "vm/display/screen.h"
#include "vm/display/vnc_library.h"
#include "vm/display/vnc_link.h"

#define VNC_CLIENTS  8
#define VNC_TICK_MS  33    /* between two scans of the display */
#define VNC_HELLO_MS 30000 /* from the connection to the end of the handshake */

struct vnc_config {
	int listener;         /* a listening socket, which vnc_open() takes over */
	const char *name;     /* the machine's, for the title of the viewer's window; may be NULL */
	const char *password; /* 1 to VNC_PASSWORD_MAX characters, or NULL */
	const struct screen *screen;
	struct input *input;
};

struct vnc_client {
	struct vnc *vnc;
	rfbScreenInfoPtr screen;
	pthread_t thread;
	bool used; /* the thread has to be joined */
	/* A duplicate to shut the connection down with, whatever libvncserver does with its own. */
	int socket;
	bool unfit;              /* the client cannot show the present picture */
	u64 since;               /* time of the connection, ms */
	u64 seen;                /* the stamp of the scan that was last sent to it */
	u8 keys[INPUT_KEYS / 8]; /* keys that it holds down */
	bool pointed;            /* @x and @y are valid */
	int x, y;
	u8 mask; /* the pointer's buttons, as in RFB */
};

struct vnc {
	struct vnc_config config;
	struct vnc_library library;
	char *passwords[2];
	char password[VNC_PASSWORD_MAX + 1];
	int stop; /* an eventfd that is readable once the server is to stop */
	pthread_t thread;
	bool running;
	struct vnc_client clients[VNC_CLIENTS];

	pthread_mutex_t lock; /* of what follows */
	struct scan scan;
	u64 scanned;            /* time of the last scan, ms */
	bool done[VNC_CLIENTS]; /* the client's thread is about to exit */
};

/*
 * @config's screen and input outlive the server. The calling thread has blocked all signals. Then
 * vnc_start() begins to listen to viewers.
 */
int vnc_open(struct vnc *vnc, const struct vnc_config *config, struct err *err);
int vnc_start(struct vnc *vnc, struct err *err);
/* Safe on a zeroed struct. */
void vnc_close(struct vnc *vnc);

#endif
