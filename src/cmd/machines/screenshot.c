// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon screenshot`: what a machine's emulated display shows. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/own.h"
#include "cmd/cmd.h"
#include "cmd/machines/client.h"
#include "cmd/machines/png.h"
#include "cmd/ui/new_file.h"

#define PICTURE_LIMIT (256 * MIB)

/* The machine writes its picture to @fd. */
static int ask(const char *name, int fd, struct err *err)
{
	struct json_object *json = NULL, *id;
	struct client client;
	char command[128];
	int ret = client_connect(&client, name, err);

	if (!ret)
		json = client_ask_with(&client, "{\"execute\":\"add-fd\"}", fd, err);
	if (json && json_object_object_get_ex(json, "fdset-id", &id)) {
		snprintf(command, sizeof(command),
			"{\"execute\":\"screendump\",\"arguments\":{\"filename\":"
			"\"/dev/fdset/%d\"}}",
			json_object_get_int(id));
		json_object_put(json);
		json = client_ask_with(&client, command, -1, err);
	}
	json_object_put(json);
	client_disconnect(&client);
	return json ? 0 : -err->code;
}

static int convert(const u8 *bytes, size_t size, const char *path, struct err *err)
{
	own_free char *text = NULL;
	struct pixmap pixmap;
	size_t text_size;
	FILE *out;
	int ret = pixmap_find(&pixmap, bytes, size);

	if (ret)
		return err_set(err, EPROTO, "the machine has sent no picture");
	out = open_memstream(&text, &text_size);
	ret = out ? png_write(&pixmap, out) : -ENOMEM;
	if (out && fclose(out) && !ret)
		ret = -ENOMEM;
	return ret ? err_sys(err, -ret, "cannot make the picture")
		   : new_file(path, text, text_size, err);
}

static int screenshot_main(const struct cmd_call *call, struct err *err)
{
	own_fd int fd = memfd_create("tenon-screenshot", MFD_CLOEXEC);
	own_free char *bytes = NULL;
	size_t size;
	int ret;

	if (fd < 0) {
		err_sys(err, errno, "no memory for the picture");
		return EXIT_CANNOT;
	}
	ret = ask(call->operands[0], fd, err);
	if (!ret && lseek(fd, 0, SEEK_SET))
		ret = err_sys(err, errno, "cannot read the picture");
	if (!ret) {
		ret = file_read_all(fd, PICTURE_LIMIT, &bytes, &size);
		if (ret)
			err_sys(err, -ret, "cannot read the picture");
	}
	if (!ret)
		ret = convert((const u8 *)bytes, size, call->operands[1], err);
	return ret ? EXIT_CANNOT : EXIT_FINE;
}

const struct cmd cmd_screenshot = {
	.name = "screenshot",
	.summary = "write what a machine's emulated display shows to a PNG file",
	.operands = "MACHINE FILE",
	.description =
		"Writes what the display of a running machine shows to a new PNG file. It is "
		"for machines\n"
		"with --display; an assigned card shows its picture on its monitor.\n",
	.exits = { "written", NULL, NULL,
		"no such machine runs, it has no display, or the file exists" },
	.main = screenshot_main,
};
