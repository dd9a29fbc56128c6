// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/display/vnc_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/own.h"
#include "kernel/socket_holder.h"

#define UNIX       "unix:"
#define LOCALHOST  "127.0.0.1"
#define BACKLOG    8
#define IPV4_LOCAL 127 /* the first byte of loopback addresses */

static int refuse(const char *text, struct err *err)
{
	err_set(err, EINVAL, "'%s' is no address to listen at", text);
	return err_help(err, "vnc=:0               display 0 (port 5900) of this host alone\n"
			     "vnc=192.0.2.1:5901   port 5901 of one of its addresses\n"
			     "vnc=unix:PATH        a socket file");
}

static int parse_unix(struct vnc_address *address, const char *path, struct err *err)
{
	size_t len = strlen(path);

	if (!len || len >= sizeof(address->un.sun_path))
		return err_set(err, EINVAL, "vnc=unix: takes a path of at most %zu bytes",
			sizeof(address->un.sun_path) - 1);
	address->un.sun_family = AF_UNIX;
	memcpy(address->un.sun_path, path, len + 1);
	address->size = sizeof(address->un);
	return 0;
}

/* Parses 1 to 5 digits. Returns the port, or 0. */
static u16 parse_number(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long n = strtoul(text, NULL, 10);

	if (!digits || digits > 5 || text[digits] || n > 0xffff)
		return 0;
	return (u16)(n <= VNC_LAST_DISPLAY ? VNC_FIRST_PORT + n : n);
}

/* @host is modified. An empty one means this host only. */
static bool parse_host(struct vnc_address *address, char *host, u16 port)
{
	size_t len = strlen(host);

	if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
		host[len - 1] = '\0';
		address->in6 =
			(struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(port) };
		address->size = sizeof(address->in6);
		return inet_pton(AF_INET6, host + 1, &address->in6.sin6_addr) == 1;
	}
	address->in = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
	address->size = sizeof(address->in);
	return inet_pton(AF_INET, len ? host : LOCALHOST, &address->in.sin_addr) == 1;
}

int vnc_address_parse(struct vnc_address *address, const char *text, struct err *err)
{
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN + 3];
	u16 port;

	*address = (struct vnc_address){ 0 };
	if (!strncmp(text, UNIX, strlen(UNIX)))
		return parse_unix(address, text + strlen(UNIX), err);
	if (!colon || (size_t)(colon - text) >= sizeof(host))
		return refuse(text, err);
	memcpy(host, text, (size_t)(colon - text));
	host[colon - text] = '\0';
	port = parse_number(colon + 1);
	if (!port || !parse_host(address, host, port))
		return refuse(text, err);
	return 0;
}

bool vnc_address_is_local(const struct vnc_address *address)
{
	switch (address->any.sa_family) {
	case AF_UNIX:
		return true;
	case AF_INET:
		return ntohl(address->in.sin_addr.s_addr) >> 24 == IPV4_LOCAL;
	default:
		return IN6_IS_ADDR_LOOPBACK(&address->in6.sin6_addr);
	}
}

const char *vnc_address_text(const struct vnc_address *address, char text[VNC_ADDRESS_TEXT])
{
	char host[INET6_ADDRSTRLEN] = "";

	switch (address->any.sa_family) {
	case AF_UNIX:
		snprintf(text, VNC_ADDRESS_TEXT, "%s", address->un.sun_path);
		break;
	case AF_INET:
		inet_ntop(AF_INET, &address->in.sin_addr, host, sizeof(host));
		snprintf(text, VNC_ADDRESS_TEXT, "%s::%u", host, ntohs(address->in.sin_port));
		break;
	default:
		inet_ntop(AF_INET6, &address->in6.sin6_addr, host, sizeof(host));
		snprintf(text, VNC_ADDRESS_TEXT, "[%s]::%u", host, ntohs(address->in6.sin6_port));
	}
	return text;
}

/* Removes a socket file on which nobody listens: a killed program left it behind. */
static void remove_dead(const struct vnc_address *address)
{
	own_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct stat st;

	if (fd < 0 || lstat(address->un.sun_path, &st) || !S_ISSOCK(st.st_mode))
		return;
	if (connect(fd, &address->any, address->size) && errno == ECONNREFUSED)
		unlink(address->un.sun_path);
}

/* Prepares the socket before bind(). */
static void prepare(int fd, const struct vnc_address *address)
{
	const int on = 1;

	if (address->any.sa_family == AF_UNIX) {
		remove_dead(address);
		/* Sets the mode of the file that bind() creates. */
		fchmod(fd, 0600);
		return;
	}
	/* Right after a machine has ended, its connections still occupy the port. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (address->any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
}

/* Says who listens there, and which display is free. */
static int taken(const struct vnc_address *address, const char *text, struct err *err)
{
	char who[PROCESS_TEXT];
	unsigned port;

	if (socket_holder(&address->any, who))
		err_set(err, EADDRINUSE, "cannot listen for VNC at %s: %s does so", text, who);
	else
		err_sys(err, EADDRINUSE, "cannot listen for VNC at %s", text);
	port = address->any.sa_family == AF_UNIX ? 0 : socket_next_port(&address->any);
	if (port >= VNC_FIRST_PORT)
		return err_help(
			err, "Port %u is free: its display is :%u.", port, port - VNC_FIRST_PORT);
	return port ? err_help(err, "Port %u is free.", port) : -err->code;
}

int vnc_address_listen(const struct vnc_address *address, struct err *err)
{
	own_fd int fd =
		socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	char text[VNC_ADDRESS_TEXT];

	if (fd < 0)
		return err_sys(err, errno, "cannot make a socket for VNC");
	prepare(fd, address);
	if (bind(fd, &address->any, address->size) || listen(fd, BACKLOG)) {
		int code = errno;

		vnc_address_text(address, text);
		return code == EADDRINUSE ? taken(address, text, err)
					  : err_sys(err, code, "cannot listen for VNC at %s", text);
	}
	return take_fd(&fd);
}

const char *vnc_address_file(const struct vnc_address *address)
{
	return address->any.sa_family == AF_UNIX ? address->un.sun_path : NULL;
}

void vnc_address_unlink(const struct vnc_address *address)
{
	if (address->any.sa_family == AF_UNIX)
		unlink(address->un.sun_path);
}
