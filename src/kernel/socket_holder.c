// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/socket_holder.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/own.h"

#define LISTENS      0x0a    /* TCP_LISTEN, in /proc/net/tcp */
#define UNIX_LISTENS 0x10000 /* __SO_ACCEPTCON, in /proc/net/unix */
#define IPV6_WORDS   4
#define PORTS_TO_TRY 100
#define PORT_MAX     65535
#define LINE_SIZE    512

/* A line of /proc/net/tcp or tcp6: addresses are words of the network's bytes, in hex. */
struct entry {
	u32 address[IPV6_WORDS];
	unsigned port, state;
	unsigned long inode;
};

static bool parse(const char *line, bool v6, struct entry *e)
{
	u32 *a = e->address;
	int n = 0;

	*e = (struct entry){ 0 };
	if (v6)
		sscanf(line, " %*u: %8x%8x%8x%8x:%x %*32[0-9A-F]:%*x %x%n", &a[0], &a[1], &a[2],
			&a[3], &e->port, &e->state, &n);
	else
		sscanf(line, " %*u: %8x:%x %*8[0-9A-F]:%*x %x%n", &a[0], &e->port, &e->state, &n);
	return n && sscanf(line + n, " %*x:%*x %*x:%*x %*x %*u %*u %lu", &e->inode) == 1;
}

static bool is_any(const u32 *address, unsigned words)
{
	for (unsigned i = 0; i < words; i++)
		if (address[i])
			return false;
	return true;
}

/* Whether a socket at one of the addresses keeps another from the other. */
static bool meet(const u32 *a, const u32 *b, unsigned words)
{
	return is_any(a, words) || is_any(b, words) || !memcmp(a, b, words * sizeof(*a));
}

/* The same for a socket of IPv6, which may take addresses of IPv4 as well: ::, ::ffff:192.0.2.1. */
static bool meets_v4(const u32 *v6, u32 v4)
{
	if (is_any(v6, IPV6_WORDS))
		return true;
	return !v6[0] && !v6[1] && v6[2] == htonl(0xffff) && meet(&v6[3], &v4, 1);
}

static bool occupies(const struct entry *e, bool v6, const struct sockaddr *wanted)
{
	u32 address[IPV6_WORDS] = { 0 };

	if (e->state != LISTENS)
		return false;
	if (wanted->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)wanted;

		address[0] = in->sin_addr.s_addr;
		return e->port == ntohs(in->sin_port) &&
		       (v6 ? meets_v4(e->address, address[0]) : meet(e->address, address, 1));
	}
	memcpy(address, &((const struct sockaddr_in6 *)wanted)->sin6_addr, sizeof(address));
	return v6 && e->port == ntohs(((const struct sockaddr_in6 *)wanted)->sin6_port) &&
	       meet(e->address, address, IPV6_WORDS);
}

/* Returns the inode of the socket that listens at @wanted, or 0. */
static unsigned long find_tcp(const char *path, bool v6, const struct sockaddr *wanted)
{
	own_file FILE *f = fopen(path, "re");
	char line[LINE_SIZE];
	struct entry e;

	while (f && fgets(line, sizeof(line), f))
		if (parse(line, v6, &e) && occupies(&e, v6, wanted))
			return e.inode;
	return 0;
}

/* A line is "ADDRESS: COUNT PROTOCOL FLAGS TYPE STATE INODE PATH". */
static unsigned long find_unix(const struct sockaddr_un *wanted)
{
	own_file FILE *f = fopen("/proc/net/unix", "re");
	char line[LINE_SIZE];

	while (f && fgets(line, sizeof(line), f)) {
		unsigned long inode;
		unsigned flags;
		int n = 0;

		sscanf(line, "%*[^:]: %*x %*x %x %*x %*x %lu %n", &flags, &inode, &n);
		line[strcspn(line, "\n")] = '\0';
		if (n && flags & UNIX_LISTENS && !strcmp(line + n, wanted->sun_path))
			return inode;
	}
	return 0;
}

bool socket_holder(const struct sockaddr *address, char text[PROCESS_TEXT])
{
	unsigned long inode = 0;
	char link[48];
	int pid = 0;

	if (address->sa_family == AF_UNIX)
		inode = find_unix((const struct sockaddr_un *)address);
	if (address->sa_family == AF_INET)
		inode = find_tcp("/proc/net/tcp", false, address);
	if (!inode && (address->sa_family == AF_INET || address->sa_family == AF_INET6))
		inode = find_tcp("/proc/net/tcp6", true, address);
	snprintf(link, sizeof(link), "socket:[%lu]", inode);
	if (inode)
		pid = process_with_file(link);
	if (pid)
		process_text(pid, text);
	else
		snprintf(text, PROCESS_TEXT, "another process");
	return inode;
}

static bool is_free(const struct sockaddr *address, socklen_t size)
{
	own_fd int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd >= 0 && !bind(fd, address, size);
}

unsigned socket_next_port(const struct sockaddr *address)
{
	bool v6 = address->sa_family == AF_INET6;
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} next;
	socklen_t size = v6 ? sizeof(next.in6) : sizeof(next.in);
	in_port_t *port = v6 ? &next.in6.sin6_port : &next.in.sin_port;
	unsigned first;

	memcpy(&next, address, size);
	first = ntohs(*port);
	for (unsigned n = first + 1; n <= first + PORTS_TO_TRY && n <= PORT_MAX; n++) {
		*port = htons(n);
		if (is_free(&next.any, size))
			return n;
	}
	return 0;
}
