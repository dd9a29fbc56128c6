// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/machines/client.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/own.h"
#include "kernel/sysroot.h"
#include "vm/control/control.h"

#define ANSWER_SECONDS 10
#define OBJECT_MAX     (1 * MIB)
#define OBJECTS_MAX    64 /* events that come before an answer */

static int no_machine(const char *name, struct err *err)
{
	err_set(err, ENOENT, "no machine with the name %s runs", name);
	return err_help(err, "`tenon ps` lists those that run; `tenon run --name` names them.");
}

/* Connects to a socket in the machine's directory. Returns a descriptor or -errno. */
static int connect_to(const char *name, const char *socket_name, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char base[PATH_MAX], file[PATH_MAX + 300];
	own_fd int fd = -1;

	if (!control_directory(base) || strchr(name, '/') || *name == '.')
		return no_machine(name, err);
	snprintf(file, sizeof(file), "%s/%.200s/%s", base, name, socket_name);
	if (strlen(file) >= sizeof(address.sun_path))
		return no_machine(name, err);
	strcpy(address.sun_path, file);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && !connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return take_fd(&fd);
	if (errno == ECONNREFUSED || errno == ENOENT)
		return no_machine(name, err);
	return err_sys(err, errno, "cannot reach the machine %s", name);
}

/* The machine's process is the one that listens, as the kernel tells. */
static int set_up(struct client *client)
{
	const struct timeval limit = { .tv_sec = ANSWER_SECONDS };
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) ||
		setsockopt(client->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) ||
		getsockopt(client->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size))
		return -errno;
	client->pid = peer.pid;
	return 0;
}

/* Returns the next object that the machine sends, or NULL with @err set. */
static struct json_object *next(struct client *client, struct err *err)
{
	size_t size = 0;

	for (;;) {
		struct json_object *json;
		ssize_t n;

		if (client->at < client->len) {
			json = json_tokener_parse_ex(client->tokener, client->bytes + client->at,
				(int)(client->len - client->at));
			client->at += json_tokener_get_parse_end(client->tokener);
			if (json)
				return json;
			if (json_tokener_get_error(client->tokener) != json_tokener_continue)
				break;
		}
		n = recv(client->fd, client->bytes, sizeof(client->bytes), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			err_sys(err, n ? errno : ECONNRESET, "the machine does not answer");
			return NULL;
		}
		client->at = 0;
		client->len = (size_t)n;
		size += client->len;
		if (size > OBJECT_MAX)
			break;
	}
	err_set(err, EPROTO, "the machine does not answer as it should");
	return NULL;
}

/* @fd goes along, unless it is -1. */
static int say(struct client *client, const char *text, int fd, struct err *err)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr head;
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)),
			      .cmsg_level = SOL_SOCKET,
			      .cmsg_type = SCM_RIGHTS } };
	struct iovec iov = { .iov_base = (void *)text, .iov_len = strlen(text) };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
	}
	if (sendmsg(client->fd, &message, MSG_NOSIGNAL) == (ssize_t)iov.iov_len)
		return 0;
	return err_sys(err, errno, "the machine does not listen");
}

/* The machine's own words. */
static int refused(struct json_object *error, struct err *err)
{
	struct json_object *desc = NULL;

	json_object_object_get_ex(error, "desc", &desc);
	return err_set(err, EINVAL, "the machine refuses: %s",
		desc ? json_object_get_string(desc) : "it does not say why");
}

struct json_object *client_ask_with(
	struct client *client, const char *request, int fd, struct err *err)
{
	if (say(client, request, fd, err))
		return NULL;
	for (unsigned i = 0; i < OBJECTS_MAX; i++) {
		struct json_object *json = next(client, err), *value, *result;

		if (!json)
			return NULL;
		if (json_object_object_get_ex(json, "return", &value)) {
			result = json_object_get(value);
			json_object_put(json);
			return result;
		}
		if (json_object_object_get_ex(json, "error", &value))
			refused(value, err);
		json_object_put(json);
		if (err->code)
			return NULL;
	}
	err_set(err, EPROTO, "the machine does not answer");
	return NULL;
}

struct json_object *client_ask(struct client *client, const char *command, struct err *err)
{
	char text[128];

	snprintf(text, sizeof(text), "{\"execute\":\"%s\"}\n", command);
	return client_ask_with(client, text, -1, err);
}

/* The machine speaks first. */
static int greet(struct client *client, struct err *err)
{
	struct json_object *json = next(client, err);

	if (!json)
		return -err->code;
	json_object_put(json);
	json = client_ask(client, "qmp_capabilities", err);
	json_object_put(json);
	return json ? 0 : -err->code;
}

int client_connect(struct client *client, const char *name, struct err *err)
{
	int ret;

	*client = (struct client){ .fd = -1, .tokener = json_tokener_new() };
	if (!client->tokener)
		return err_sys(err, ENOMEM, "cannot reach the machine");
	ret = connect_to(name, CONTROL_SOCKET, err);
	if (ret < 0)
		return ret;
	client->fd = ret;
	ret = set_up(client);
	if (ret)
		return err_sys(err, -ret, "cannot reach the machine %s", name);
	ret = greet(client, err);
	return ret ? err_wrap(err, "%s", name) : 0;
}

int client_open_serial(int *fd, const char *name, struct err *err)
{
	*fd = connect_to(name, CONTROL_SERIAL, err);
	return *fd < 0 ? *fd : 0;
}

void client_clean(const char *name)
{
	char base[PATH_MAX];

	if (control_directory(base) && !strchr(name, '/') && *name != '.')
		control_clean(base, name);
}

void client_disconnect(struct client *client)
{
	close_fd(&client->fd);
	if (client->tokener)
		json_tokener_free(client->tokener);
	client->tokener = NULL;
}

bool client_await_end(const struct client *client, unsigned seconds)
{
	own_fd int process = (int)syscall(SYS_pidfd_open, client->pid, 0);
	struct pollfd p = { .fd = process, .events = POLLIN };

	if (process < 0)
		return errno == ESRCH;
	return poll(&p, 1, (int)seconds * 1000) > 0;
}

int client_names(char ***names)
{
	char base[PATH_MAX];
	struct sysroot sysroot;
	struct err ignored = { 0 };
	int n;

	*names = NULL;
	if (!control_directory(base) || access(base, F_OK))
		return 0;
	n = sysroot_open(&sysroot, "", &ignored);
	if (!n)
		n = sysroot_names(&sysroot, base, names);
	sysroot_close(&sysroot);
	return n == -ENOENT ? 0 : n;
}
