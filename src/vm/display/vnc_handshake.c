// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>

#include "base/own.h"
#include "vm/display/vnc_internal.h"

/* RFC 6143, 7.1.1: the ProtocolVersion message. */
#define OUR_VERSION "RFB 003.008\n"
#define VERSION     12

/* Sends our version and reads the peer's. Returns false if it sends none or takes too long. */
static bool get_version(struct vnc_client *client, char version[VERSION])
{
	struct pollfd fds[] = { { client->socket, POLLIN, 0 }, { client->vnc->stop, POLLIN, 0 } };
	size_t len = 0;

	if (send(client->socket, OUR_VERSION, VERSION, MSG_NOSIGNAL | MSG_DONTWAIT) != VERSION)
		return false;
	while (len < VERSION) {
		u64 passed = vnc_now_ms() - client->since;
		ssize_t n;

		if (passed > VNC_HELLO_MS || poll(fds, 2, (int)(VNC_HELLO_MS - passed)) <= 0 ||
			fds[1].revents)
			return false;
		n = recv(client->socket, version + len, VERSION - len, MSG_DONTWAIT);
		if (n <= 0)
			return false;
		len += (size_t)n;
	}
	return !memcmp(version, OUR_VERSION, strlen("RFB "));
}

/*
 * libvncserver takes a peer that sends first for a browser and accepts it as a WebSocket, so that
 * any web page could connect; it also leaks memory each time. So tenon exchanges the versions with
 * the peer itself, then repeats the exchange with libvncserver through a pair of sockets, and
 * finally replaces libvncserver's end of the pair by the peer's socket. Returns false if
 * libvncserver rejected the client.
 */
static bool introduce(struct vnc_client *client, const char version[VERSION], int pair[2])
{
	const struct vnc_library *library = &client->vnc->library;
	char said[64];
	ssize_t n;

	if (pair[0] >= FD_SETSIZE || send(pair[1], version, VERSION, MSG_NOSIGNAL) != VERSION)
		return false;
	if (!library->new_client(client->screen, take_fd(&pair[0])))
		return false;
	library->process_events(client->screen, 0);
	if (!client->screen->clientHead)
		return false;
	/*
	 * libvncserver's version, which the peer already has, and its answer to the peer's version.
	 */
	n = recv(pair[1], said, sizeof(said), MSG_DONTWAIT);
	if (n < VERSION || send(client->socket, said + VERSION, (size_t)n - VERSION,
				   MSG_NOSIGNAL | MSG_DONTWAIT) != n - VERSION)
		return false;
	return dup3(client->socket, client->screen->clientHead->sock, O_CLOEXEC) >= 0;
}

bool vnc_client_handshake(struct vnc_client *client)
{
	const int on = 1;
	char version[VERSION];
	int pair[2];
	bool known;

	if (fcntl(client->socket, F_SETFL, O_NONBLOCK) || !get_version(client, version) ||
		socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return false;
	/* Fails for Unix sockets, which do not need it. */
	setsockopt(client->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	known = introduce(client, version, pair);
	close_fd(&pair[0]);
	close_fd(&pair[1]);
	return known;
}

void vnc_client_rehearse(struct vnc_client *client)
{
	int pair[2], peer[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return;
	if (!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, peer)) {
		client->socket = peer[0];
		introduce(client, OUR_VERSION, pair);
		vnc_client_part(client);
		close_fd(&client->socket);
		close(peer[1]);
	}
	close_fd(&pair[0]);
	close_fd(&pair[1]);
}
