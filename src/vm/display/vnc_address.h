/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a VNC server listens, as a person writes it: [HOST]:NUMBER or unix:PATH. HOST is an IPv4
 * address, or an IPv6 address in brackets, never a name; without it, the address is 127.0.0.1. A
 * NUMBER up to 99 is a display, on port 5900 + NUMBER; a larger one is a port.
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

/* Pure. Returns -EINVAL for any other text. */
int vnc_address_parse(struct vnc_address *address, const char *text, struct err *err);

/* Whether the address cannot be reached from other hosts. */
bool vnc_address_is_local(const struct vnc_address *address);

/* The path of the socket file, or NULL for another kind of address. */
const char *vnc_address_file(const struct vnc_address *address);

/* Writes the address as viewers take it, HOST::PORT. Returns @text. */
const char *vnc_address_text(const struct vnc_address *address, char text[VNC_ADDRESS_TEXT]);

/*
 * Returns a listening socket, or -errno. Only the user may access a socket file. A file left behind
 * by a program that has ended is replaced.
 */
int vnc_address_listen(const struct vnc_address *address, struct err *err);
/* Removes the socket file that vnc_address_listen() created. */
void vnc_address_unlink(const struct vnc_address *address);

#endif
