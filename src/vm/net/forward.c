// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/net/forward.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/own.h"
#include "kernel/socket_holder.h"

static bool parse_port(const char *text, size_t length, u16 *port)
{
	char digits[8] = "", *end;
	unsigned long n;

	if (!length || length >= sizeof(digits) || !isdigit((unsigned char)*text))
		return false;
	memcpy(digits, text, length);
	n = strtoul(digits, &end, 10);
	*port = (u16)n;
	return !*end && n > 0 && n <= UINT16_MAX;
}

static bool parse_address(const char *text, size_t length, struct net_forward *forward)
{
	char address[INET6_ADDRSTRLEN] = "";
	bool brackets = length > 2 && text[0] == '[' && text[length - 1] == ']';

	forward->family = brackets ? AF_INET6 : AF_INET;
	if (brackets) {
		text++;
		length -= 2;
	}
	if (!length || length >= sizeof(address))
		return false;
	memcpy(address, text, length);
	return inet_pton(forward->family, address, &forward->address) == 1;
}

int net_forward_parse(const char *text, struct net_forward *forward, struct err *err)
{
	const char *guest = strrchr(text, ':');
	const char *port = guest ? memrchr(text, ':', guest - text) : NULL;
	size_t length = port ? (size_t)(port - text) : 9;
	bool fine;

	*forward = (struct net_forward){ 0 };
	fine = guest && parse_address(port ? text : "127.0.0.1", length, forward);
	port = port ? port + 1 : text;
	if (fine && parse_port(port, guest - port, &forward->port) &&
		parse_port(guest + 1, strlen(guest + 1), &forward->guest_port))
		return 0;
	err_set(err, EINVAL, "'%s' is no forwarding of a port", text);
	return err_help(err, "It is ADDRESS:PORT:GUESTPORT, as in 127.0.0.1:2222:22 or "
			     "[::1]:2222:22.");
}

/* The host's end of a forward. */
union end {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static socklen_t host_end(const struct net_forward *forward, union end *end)
{
	if (forward->family == AF_INET6) {
		end->in6 = (struct sockaddr_in6){
			.sin6_family = AF_INET6,
			.sin6_port = htons(forward->port),
			.sin6_addr = forward->address.in6,
		};
		return sizeof(end->in6);
	}
	end->in = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(forward->port),
		.sin_addr = forward->address.in4,
	};
	return sizeof(end->in);
}

static int taken(
	const struct net_forward *forward, const union end *end, const char *text, struct err *err)
{
	struct net_forward other = *forward;
	char who[PROCESS_TEXT], free_text[NET_FORWARD_TEXT];

	if (socket_holder(&end->any, who))
		err_set(err, EADDRINUSE, "cannot forward %s: %s listens at this port", text, who);
	else
		err_sys(err, EADDRINUSE, "cannot forward %s", text);
	other.port = (u16)socket_next_port(&end->any);
	return other.port ? err_help(err, "Port %u is free: forward=%s", other.port,
				    net_forward_text(&other, free_text))
			  : -err->code;
}

int net_forward_check(const struct net_forward *forward, struct err *err)
{
	own_fd int fd = socket(forward->family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char text[NET_FORWARD_TEXT];
	const int on = 1;
	union end end;
	socklen_t size = host_end(forward, &end);

	net_forward_text(forward, text);
	if (fd < 0)
		return err_sys(err, errno, "cannot forward %s", text);
	/* As the programs do: connections that have ended do not keep the port. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!bind(fd, &end.any, size))
		return 0;
	return errno == EADDRINUSE ? taken(forward, &end, text, err)
				   : err_sys(err, errno, "cannot forward %s", text);
}

static const char *write_text(
	const struct net_forward *forward, char text[NET_FORWARD_TEXT], bool passt)
{
	char address[INET6_ADDRSTRLEN];
	bool brackets = !passt && forward->family == AF_INET6;

	inet_ntop(forward->family, &forward->address, address, sizeof(address));
	snprintf(text, NET_FORWARD_TEXT, "%s%s%s%c%u:%u", brackets ? "[" : "", address,
		brackets ? "]" : "", passt ? '/' : ':', forward->port, forward->guest_port);
	return text;
}

const char *net_forward_text(const struct net_forward *forward, char text[NET_FORWARD_TEXT])
{
	return write_text(forward, text, false);
}

const char *net_forward_passt(const struct net_forward *forward, char text[NET_FORWARD_TEXT])
{
	return write_text(forward, text, true);
}
