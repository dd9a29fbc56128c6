// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * screendump, and add-fd with remove-fd: a machine's sandbox keeps it from opening files, so who
 * wants a picture passes the file, whose name is /dev/fdset/ID then, as with QEMU. The files of a
 * client are closed when it goes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/own.h"
#include "vm/control/internal.h"
#include "vm/display/scan.h"
#include "vm/display/screen.h"

#define FDSET "/dev/fdset/"

struct json_object *command_add_fd(struct control_call *call)
{
	struct control_client *client = call->client;
	s64 asked = call_number(call, "fdset-id", -1);
	struct json_object *json;
	unsigned id = 0;

	while (id < CLIENT_SETS && client->sets[id] >= 0)
		id++;
	if (client->passed < 0)
		err_set(&call->err, EINVAL, "No file descriptor supplied via SCM_RIGHTS");
	else if (asked >= CLIENT_SETS || (asked >= 0 && client->sets[asked] >= 0))
		err_set(&call->err, EINVAL, "fdset-id is a free number below %d", CLIENT_SETS);
	else if (asked < 0 && id == CLIENT_SETS)
		err_set(&call->err, EMFILE, "remove-fd one of the %d descriptors first",
			CLIENT_SETS);
	if (call->err.code)
		return NULL;
	id = asked < 0 ? id : (unsigned)asked;
	client->sets[id] = client->passed;
	client->passed = -1;
	json = json_object_new_object();
	json_object_object_add(json, "fdset-id", json_object_new_int((int)id));
	json_object_object_add(json, "fd", json_object_new_int(client->sets[id]));
	return json;
}

struct json_object *command_remove_fd(struct control_call *call)
{
	s64 id = call_number(call, "fdset-id", -1);

	if (id < 0 || id >= CLIENT_SETS || call->client->sets[id] < 0)
		err_set(&call->err, ENOENT, "there is no fdset of this number");
	else
		close_fd(&call->client->sets[id]);
	return NULL;
}

/* Returns a descriptor of its own for the file, or -1 with an error set. */
static int open_file(struct control_call *call, const char *name)
{
	const char *number = name + strlen(FDSET);
	unsigned id = CLIENT_SETS;
	char end;
	int fd = -1;

	if (!strncmp(name, FDSET, strlen(FDSET))) {
		if (sscanf(number, "%u%c", &id, &end) == 1 && id < CLIENT_SETS &&
			call->client->sets[id] >= 0)
			fd = fcntl(call->client->sets[id], F_DUPFD_CLOEXEC, 3);
		if (fd < 0)
			err_set(&call->err, ENOENT, "there is no %.40s", name);
		return fd;
	}
	fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd < 0)
		err_sys(&call->err, errno,
			"the machine cannot write %.200s, because its sandbox keeps it from files; "
			"pass one by add-fd, or use `tenon screenshot`",
			name);
	return fd;
}

/* A portable pixmap, P6. */
static int write_picture(int fd, const struct scan *scan, struct err *err)
{
	size_t pixels = (size_t)scan->width * scan->height, size;
	own_free u8 *bytes = malloc(32 + 3 * pixels);
	int ret;

	if (!bytes)
		return err_sys(err, ENOMEM, "no memory for the picture");
	size = (size_t)snprintf((char *)bytes, 32, "P6\n%u %u\n255\n", scan->width, scan->height);
	for (size_t i = 0; i < pixels; i++) {
		bytes[size++] = (u8)scan->pixels[i];
		bytes[size++] = (u8)(scan->pixels[i] >> 8);
		bytes[size++] = (u8)(scan->pixels[i] >> 16);
	}
	ret = file_write(fd, bytes, size);
	return ret ? err_sys(err, -ret, "cannot write the picture") : 0;
}

struct json_object *command_screendump(struct control_call *call)
{
	const struct screen *screen = call->control->ops->screen(call->control->owner);
	const char *format = call_text(call, "format");
	struct picture picture;
	struct scan scan;
	struct stat st;
	own_fd int fd = -1;

	if (!screen)
		err_set(&call->err, ENODEV,
			"the machine has no display of its own; an assigned card's picture is on "
			"its monitor");
	else if (format && strcmp(format, "ppm"))
		err_set(&call->err, EINVAL, "the format is ppm");
	if (call->err.code)
		return NULL;
	fd = open_file(call, call_text(call, "filename"));
	if (fd < 0)
		return NULL;
	/* The machine waits until it is written, so it must be a file that takes it at once. */
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		err_set(&call->err, EINVAL, "a picture is written to a regular file");
		return NULL;
	}
	if (scan_open(&scan, &call->err))
		return NULL;
	picture = screen_picture(screen);
	scan_update(&scan, screen->pixels, &picture);
	write_picture(fd, &scan, &call->err);
	scan_close(&scan);
	return NULL;
}
