/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a VNC server listens, as a person writes it: [HOST]:NUMBER or unix:PATH. HOST is an IPv4
 * address, or an IPv6 address in brackets, never a name; without it 127.0.0.1. NUMBER is a display
 * up to 99, which has port 5900 and up, and a port from 100 on.
 */
#ifndef VM_DISPLAY_VNC_ADDRESS_H
#define VM_DISPLAY_VNC_ADDRESS_H

#include <netinet/in.h>
#include <sys/un.h>

#include "base/err.h"

#define VNC_FIRST_PORT   5900
#define VNC_LAST_DISPLAY 99
#define VNC_ADDRESS_TEXT 128

struct vnc_address {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	};
	socklen_t size;
};

/* Pure. -EINVAL for what is none. */
int vnc_address_parse(struct vnc_address *address, const char *text, struct err *err);

/* Whether other hosts cannot reach it. */
bool vnc_address_is_local(const struct vnc_address *address);

/* The socket file, or NULL where it is none. */
const char *vnc_address_file(const struct vnc_address *address);

/* As a person may copy it into a viewer's window: HOST::PORT. Returns @text. */
const char *vnc_address_text(const struct vnc_address *address, char text[VNC_ADDRESS_TEXT]);

/*
 * A socket that listens there, or -errno. A socket file is the user's alone; one that is left of a
 * program that has ended is replaced.
 */
int vnc_address_listen(const struct vnc_address *address, struct err *err);
/* Takes back what vnc_address_listen() left in the file system. */
void vnc_address_unlink(const struct vnc_address *address);

#endif
