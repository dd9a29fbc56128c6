// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/control/serial_share.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "vm/control/listener.h"

#define PIECE      4096
#define MAX_PIECES 16 /* for one client in one turn of the loop */

/* The guest's output: any thread, with the serial port's lock held. */
static size_t from_guest(struct stream *end, const u8 *bytes, size_t len)
{
	struct serial_share *share = container_of(end, struct serial_share, device);
	size_t taken = stream_put(&share->below, bytes, len);
	bool wake;

	pthread_mutex_lock(&share->lock);
	for (size_t i = 0; i < taken; i++)
		share->history[share->written++ % SERIAL_HISTORY] = bytes[i];
	wake = share->nr_clients && taken;
	pthread_mutex_unlock(&share->lock);
	if (wake)
		loop_post(share->loop, &share->work);
	return taken;
}

/* The guest reads again. */
static void guest_resumes(struct stream *end)
{
	struct serial_share *share = container_of(end, struct serial_share, device);

	stream_resume(&share->below);
	loop_post(share->loop, &share->work);
}

static size_t from_console(struct stream *end, const u8 *bytes, size_t len)
{
	struct serial_share *share = container_of(end, struct serial_share, below);

	return stream_put(&share->device, bytes, len);
}

static void console_resumes(struct stream *end)
{
	struct serial_share *share = container_of(end, struct serial_share, below);

	stream_resume(&share->device);
}

static void drop(struct serial_client *client)
{
	struct serial_share *share = client->share;

	if (client->source.fd < 0)
		return;
	loop_remove(share->loop, &client->source);
	close_fd(&client->source.fd);
	pthread_mutex_lock(&share->lock);
	share->nr_clients--;
	pthread_mutex_unlock(&share->lock);
}

/* Copies what @client has not seen to @bytes, PIECE at most. Returns how many. */
static size_t peek(struct serial_client *client, u8 bytes[PIECE])
{
	struct serial_share *share = client->share;
	size_t n = 0;

	pthread_mutex_lock(&share->lock);
	if (share->written - client->at > SERIAL_HISTORY)
		client->at = share->written - SERIAL_HISTORY;
	while (n < PIECE && client->at + n < share->written) {
		bytes[n] = share->history[(client->at + n) % SERIAL_HISTORY];
		n++;
	}
	pthread_mutex_unlock(&share->lock);
	return n;
}

/* Returns whether @client is still there. */
static bool send_output(struct serial_client *client, bool *waits)
{
	u8 bytes[PIECE];
	size_t n;

	*waits = false;
	for (unsigned i = 0; (n = peek(client, bytes)); i++) {
		ssize_t sent = i == MAX_PIECES ? -1
					       : send(client->source.fd, bytes, n,
							 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && i < MAX_PIECES && errno != EAGAIN && errno != EINTR) {
			drop(client);
			return false;
		}
		if (sent < 0) {
			*waits = true;
			return true;
		}
		client->at += (u64)sent;
	}
	return true;
}

static void offer_typed(struct serial_client *client)
{
	size_t taken = client->nr_typed
			       ? stream_put(&client->share->device, client->typed, client->nr_typed)
			       : 0;

	client->nr_typed -= taken;
	memmove(client->typed, client->typed + taken, client->nr_typed);
}

static void serve(struct serial_client *client)
{
	bool waits;

	offer_typed(client);
	if (!send_output(client, &waits))
		return;
	loop_watch(client->share->loop, &client->source,
		(client->nr_typed < SERIAL_TYPED ? EPOLLIN : 0) | (waits ? EPOLLOUT : 0));
}

static void on_client(void *owner, u32 events)
{
	struct serial_client *client = owner;
	size_t room = SERIAL_TYPED - client->nr_typed;
	ssize_t n = 0;

	if (events & (EPOLLHUP | EPOLLERR) && (!(events & EPOLLIN) || !room)) {
		drop(client);
		return;
	}
	if (events & EPOLLIN && room) {
		n = recv(client->source.fd, client->typed + client->nr_typed, room, MSG_DONTWAIT);
		if (!n || (n < 0 && errno != EAGAIN && errno != EINTR)) {
			drop(client);
			return;
		}
		client->nr_typed += n > 0 ? (size_t)n : 0;
	}
	serve(client);
}

static void on_work(void *owner)
{
	struct serial_share *share = owner;

	for (unsigned i = 0; i < SERIAL_CLIENTS; i++)
		if (share->clients[i].source.fd >= 0)
			serve(&share->clients[i]);
}

static void on_connection(void *owner, u32 events)
{
	struct serial_share *share = owner;
	struct serial_client *client = share->clients;
	own_fd int fd = listener_accept(share->listener.fd, share->user);
	struct err err = { 0 };

	while (client < share->clients + SERIAL_CLIENTS && client->source.fd >= 0)
		client++;
	if (fd < 0 || client == share->clients + SERIAL_CLIENTS) {
		log_debug("a client of the console is refused");
		return;
	}
	*client = (struct serial_client){
		.share = share,
		.source = { .fd = take_fd(&fd),
			.events = EPOLLIN,
			.ready = on_client,
			.owner = client },
	};
	pthread_mutex_lock(&share->lock);
	share->nr_clients++;
	pthread_mutex_unlock(&share->lock);
	if (loop_add(share->loop, &client->source, &err))
		drop(client);
	else
		serve(client);
}

int serial_share_open(struct serial_share *share, const char *file, struct loop *loop,
	struct stream *console, struct err *err)
{
	*share = (struct serial_share){
		.loop = loop,
		.device = { .take = from_guest, .resume = guest_resumes },
		.below = { .take = from_console, .resume = console_resumes },
		.work = { .run = on_work, .owner = share },
		.user = geteuid(),
		.history = malloc(SERIAL_HISTORY),
	};
	for (unsigned i = 0; i < SERIAL_CLIENTS; i++)
		share->clients[i].source.fd = -1;
	pthread_mutex_init(&share->lock, NULL);
	share->listener = (struct loop_source){
		.fd = -1, .events = EPOLLIN, .ready = on_connection, .owner = share
	};
	if (!share->history)
		return err_sys(err, ENOMEM, "cannot share the serial console");
	stream_connect(&share->below, console);
	share->listener.fd = listener_open(file, err);
	if (share->listener.fd < 0)
		return share->listener.fd;
	strcpy(share->file, file);
	return loop_add(loop, &share->listener, err);
}

/* The guest and the console have ended, or are about to: nothing comes any more. */
void serial_share_close(struct serial_share *share)
{
	bool waits;

	if (!share->loop)
		return;
	for (unsigned i = 0; i < SERIAL_CLIENTS; i++)
		if (share->clients[i].source.fd >= 0 && send_output(&share->clients[i], &waits))
			drop(&share->clients[i]);
	loop_remove(share->loop, &share->listener);
	loop_unpost(share->loop, &share->work);
	close_fd(&share->listener.fd);
	if (*share->file)
		unlink(share->file);
	free(share->history);
	pthread_mutex_destroy(&share->lock);
	*share = (struct serial_share){ 0 };
}
