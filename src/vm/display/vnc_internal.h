/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by vnc.c, vnc_client.c and vnc_handshake.c. */
#ifndef VM_DISPLAY_VNC_INTERNAL_H
#define VM_DISPLAY_VNC_INTERNAL_H

#include "vm/display/vnc.h"

u64 vnc_now_ms(void);

/* Waits @ms milliseconds. Returns true, early, if the server stops. */
bool vnc_sleep(struct vnc *vnc, unsigned ms);

/* Creates the rfbScreen that a client's slot keeps until vnc_client_close(). */
int vnc_client_open(struct vnc_client *client, struct vnc *vnc, struct err *err);
void vnc_client_close(struct vnc_client *client);

/* Serves the peer at client->socket until it leaves. On the client's thread. */
void vnc_client_serve(struct vnc_client *client);

/* Does the handshake with the peer at client->socket. Returns false if it failed. */
bool vnc_client_handshake(struct vnc_client *client);
/* Ends the connection, however far it got. */
void vnc_client_part(struct vnc_client *client);

/*
 * Makes libvncserver build its list of security types, which it does for the first client. Called
 * before any thread exists.
 */
void vnc_client_rehearse(struct vnc_client *client);

#endif
