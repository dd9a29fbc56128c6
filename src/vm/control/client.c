// SPDX-License-Identifier: GPL-2.0-or-later
/* A connection of a client: bytes in, objects to the front end, objects and bytes out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "vm/control/internal.h"

#define READ_SIZE 4096

/*
 * Ends the connection: nothing more is read, and the socket is closed when the loop is back,
 * because callers further up still use the client.
 */
static void give_up(struct control_client *client, const char *why)
{
	if (client->closing)
		return;
	log_debug("a client of the control socket is closed: %s", why);
	client->closing = true;
	client->out_len = 0;
	shutdown(client->source.fd, SHUT_RDWR);
}

static void flush_out(struct control_client *client)
{
	ssize_t n;

	while (client->out_len && !client->closing) {
		n = send(client->source.fd, client->out, client->out_len,
			MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n <= 0) {
			give_up(client, "it does not read any more");
			break;
		}
		client->out_len -= n;
		memmove(client->out, client->out + n, client->out_len);
	}
	loop_watch(client->control->loop, &client->source,
		client->out_len ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

/* Makes room for @size more bytes. */
static bool has_room(struct control_client *client, size_t size)
{
	size_t want = client->out_len + size;
	char *grown;

	if (want <= client->out_size)
		return true;
	if (want > CLIENT_OUT_MAX)
		return false;
	if (want < 2 * client->out_size)
		want = 2 * client->out_size < CLIENT_OUT_MAX ? 2 * client->out_size
							     : CLIENT_OUT_MAX;
	grown = realloc(client->out, want);
	if (!grown)
		return false;
	client->out = grown;
	client->out_size = want;
	return true;
}

void client_send(struct control_client *client, struct json_object *json)
{
	const char *text = json_object_to_json_string_ext(
		json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	size_t size = text ? strlen(text) : 0;

	if (!client->closing) {
		if (text && has_room(client, size + 2)) {
			memcpy(client->out + client->out_len, text, size);
			memcpy(client->out + client->out_len + size, "\r\n", 2);
			client->out_len += size + 2;
			flush_out(client);
		} else {
			give_up(client, "it does not read what it is sent");
		}
	}
	json_object_put(json);
}

/* Parses @bytes up to the end of an object, and handles that. Returns how many bytes were used. */
static size_t parse(struct control_client *client, const char *bytes, size_t size)
{
	struct json_object *json = json_tokener_parse_ex(client->tokener, bytes, (int)size);
	enum json_tokener_error error = json_tokener_get_error(client->tokener);
	size_t used = json_tokener_get_parse_end(client->tokener);

	if (error == json_tokener_continue) {
		client->object_size += size;
		if (client->object_size > CLIENT_OBJECT_MAX)
			give_up(client, "what it sends is too long");
		return size;
	}
	json_tokener_reset(client->tokener);
	client->object_size = 0;
	if (error != json_tokener_success) {
		client->skipping = true;
		qmp_refuse(client, "JSON parse error");
		return used;
	}
	qmp_handle(client, json);
	json_object_put(json);
	return used ? used : 1;
}

static void take(struct control_client *client, const char *bytes, size_t size)
{
	while (size && !client->closing) {
		size_t used;

		if (client->skipping) {
			const char *end = memchr(bytes, '\n', size);

			used = end ? (size_t)(end - bytes) + 1 : size;
			client->skipping = !end;
		} else if (!client->object_size && strchr(" \t\r\n", *bytes)) {
			used = 1;
		} else {
			used = parse(client, bytes, size);
		}
		bytes += used;
		size -= used;
	}
}

/* Keeps one descriptor at most, which a command that comes with it or behind it uses. */
static void keep_descriptor(struct control_client *client, struct msghdr *message)
{
	for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head;
		head = CMSG_NXTHDR(message, head)) {
		if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS ||
			head->cmsg_len != CMSG_LEN(sizeof(int)))
			continue;
		close_fd(&client->passed);
		memcpy(&client->passed, CMSG_DATA(head), sizeof(int));
	}
}

static ssize_t receive(struct control_client *client, char bytes[READ_SIZE])
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { .iov_base = bytes, .iov_len = READ_SIZE };
	struct msghdr message = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(client->source.fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n > 0)
		keep_descriptor(client, &message);
	return n;
}

static void on_ready(void *owner, u32 events)
{
	struct control_client *client = owner;
	char bytes[READ_SIZE];
	ssize_t n = 1;

	if (events & EPOLLOUT)
		flush_out(client);
	if (!client->closing && events & EPOLLIN) {
		n = receive(client, bytes);
		if (n > 0)
			take(client, bytes, (size_t)n);
		else if (n < 0 && (errno == EAGAIN || errno == EINTR))
			n = 1;
	}
	if (n <= 0 || client->closing || (events & (EPOLLHUP | EPOLLERR) && !(events & EPOLLIN)))
		client_close(client);
}

struct control_client *client_open(struct control *control, unsigned slot, int fd)
{
	struct control_client *client = calloc(1, sizeof(*client));
	struct err err = { 0 };

	if (client)
		client->tokener = json_tokener_new_ex(CLIENT_DEPTH_MAX);
	if (!client || !client->tokener) {
		free(client);
		close(fd);
		return NULL;
	}
	client->control = control;
	client->slot = slot;
	client->passed = -1;
	for (unsigned i = 0; i < CLIENT_SETS; i++)
		client->sets[i] = -1;
	client->source = (struct loop_source){
		.fd = fd, .events = EPOLLIN, .ready = on_ready, .owner = client
	};
	control->clients[slot] = client;
	if (loop_add(control->loop, &client->source, &err)) {
		client_close(client);
		return NULL;
	}
	return client;
}

void client_close(struct control_client *client)
{
	client->control->clients[client->slot] = NULL;
	loop_remove(client->control->loop, &client->source);
	close_fd(&client->source.fd);
	close_fd(&client->passed);
	for (unsigned i = 0; i < CLIENT_SETS; i++)
		close_fd(&client->sets[i]);
	json_tokener_free(client->tokener);
	free(client->out);
	free(client);
}
