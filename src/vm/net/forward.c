// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/net/forward.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
