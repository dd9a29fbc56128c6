// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/net/resolver.h"

#include <arpa/inet.h>
#include <string.h>

#include "kernel/sysroot.h"

#define KEY "nameserver"

static bool is_loopback(const char *address)
{
	struct in6_addr in6;
	struct in_addr in4;

	if (inet_pton(AF_INET, address, &in4) == 1)
		return ntohl(in4.s_addr) >> 24 == 127 || !in4.s_addr;
	return inet_pton(AF_INET6, address, &in6) != 1 || IN6_IS_ADDR_LOOPBACK(&in6) ||
	       IN6_IS_ADDR_UNSPECIFIED(&in6);
}

bool resolver_parse(const char *text, char address[INET6_ADDRSTRLEN])
{
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		size_t length;

		if (strncmp(text, KEY, strlen(KEY)) || !strchr(" \t", text[strlen(KEY)]))
			continue;
		text += strlen(KEY);
		text += strspn(text, " \t");
		length = strcspn(text, " \t\r\n#%");
		if (!length || length >= INET6_ADDRSTRLEN)
			continue;
		memcpy(address, text, length);
		address[length] = '\0';
		if (!is_loopback(address))
			return true;
	}
	*address = '\0';
	return false;
}

static bool parse_file(const struct sysroot *host, const char *path, char address[INET6_ADDRSTRLEN])
{
	char text[4096] = "";

	return sysroot_text(host, path, text, sizeof(text)) > 0 && resolver_parse(text, address);
}

bool resolver_find(char address[INET6_ADDRSTRLEN])
{
	struct sysroot host;
	struct err err = { 0 };
	bool found;

	*address = '\0';
	if (sysroot_open(&host, "", &err))
		return false;
	found = parse_file(&host, "/etc/resolv.conf", address);
	if (found)
		*address = '\0';
	else
		found = parse_file(&host, "/run/systemd/resolve/resolv.conf", address);
	sysroot_close(&host);
	return found;
}
