// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/input/chain.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/own.h"

/* Between a machine's connection and its word: long enough for a busy host. */
#define WORD_MS 1000

/* Writes the abstract name of a place, and returns the address's length. */
static socklen_t address_of(const struct chain *chain, unsigned place, struct sockaddr_un *address)
{
	int len;

	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	len = snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1, "tenon-input/%s/%u",
		chain->desk, place);
	return (socklen_t)offsetof(struct sockaddr_un, sun_path) + 1 + (socklen_t)len;
}

int chain_open(struct chain *chain, const char *desk, struct err *err)
{
	own_fd int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address;

	*chain = (struct chain){ .listener = -1 };
	snprintf(chain->desk, sizeof(chain->desk), "%s", desk);
	if (fd < 0)
		return err_sys(err, errno, "cannot make a socket for the desk's other machines");
	for (unsigned place = 0; place < CHAIN_MACHINES; place++) {
		socklen_t len = address_of(chain, place, &address);

		if (bind(fd, (struct sockaddr *)&address, len)) {
			if (errno == EADDRINUSE)
				continue;
			return err_sys(err, errno, "cannot meet the desk's other machines");
		}
		if (listen(fd, CHAIN_MACHINES))
			return err_sys(err, errno, "cannot meet the desk's other machines");
		chain->place = place;
		chain->listener = take_fd(&fd);
		return 0;
	}
	return err_set(err, EBUSY, "more than %d machines share this desk", CHAIN_MACHINES);
}

void chain_close(struct chain *chain)
{
	close_fd(&chain->listener);
}

/* Whether whoever is at the other end may speak for a machine of this desk. */
static bool is_trusted(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) &&
	       (!peer.uid || peer.uid == geteuid());
}

/* Connects to the machine at @place. Returns a descriptor, or -1 if there is none. */
static int find(const struct chain *chain, unsigned place)
{
	own_fd int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address;
	socklen_t len = address_of(chain, place, &address);

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, len) || !is_trusted(fd))
		return -1;
	return take_fd(&fd);
}

bool chain_is_first(const struct chain *chain)
{
	for (unsigned place = 0; chain->listener >= 0 && place < chain->place; place++) {
		own_fd int fd = find(chain, place);

		if (fd >= 0)
			return false;
	}
	return true;
}

bool chain_pass(const struct chain *chain)
{
	if (chain->listener < 0)
		return false;
	for (unsigned place = chain->place + 1; place < CHAIN_MACHINES; place++) {
		own_fd int fd = find(chain, place);

		if (fd >= 0 && send(fd, "", 1, MSG_NOSIGNAL) == 1)
			return true;
	}
	return false;
}

bool chain_accept(const struct chain *chain)
{
	own_fd int fd = accept4(chain->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct pollfd arrived = { .fd = fd, .events = POLLIN };
	char byte;

	/* chain_is_first() connects and says nothing. */
	return fd >= 0 && is_trusted(fd) && poll(&arrived, 1, WORD_MS) == 1 &&
	       recv(fd, &byte, 1, 0) == 1;
}
