/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between vnc.c, vnc_client.c and vnc_meet.c. */
#ifndef VM_DISPLAY_VNC_INTERNAL_H
#define VM_DISPLAY_VNC_INTERNAL_H

#include "vm/display/vnc.h"

u64 vnc_now_ms(void);

/* Waits; returns whether the server ends. */
bool vnc_sleep(struct vnc *vnc, unsigned ms);

/* The screen that a client's slot has for its life. */
int vnc_client_open(struct vnc_client *client, struct vnc *vnc, struct err *err);
void vnc_client_close(struct vnc_client *client);

/* Serves the peer at client->socket until it leaves. On the client's thread. */
void vnc_client_serve(struct vnc_client *client);

/* The beginning with the peer at client->socket; false: there is none with it. */
bool vnc_client_meet(struct vnc_client *client);
/* The end, whatever became of it. */
void vnc_client_part(struct vnc_client *client);

/* libvncserver's list of ways to log in, which it makes at the first client. Before any thread. */
void vnc_client_rehearse(struct vnc_client *client);

#endif
