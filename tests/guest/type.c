// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * type: puts text=TEXT and Enter into the terminal tty=PATH (/dev/tty1), as if it was typed there;
 * '_' in TEXT is a space.
 */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "steps.h"

static void type_key(int fd, char key)
{
	if (ioctl(fd, TIOCSTI, &key))
		fail_errno("cannot type");
}

void step_type(const struct args *args)
{
	const char *path = args_get(args, "tty", "/dev/tty1");
	int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		fail_errno("cannot open %s", path);
	for (const char *c = args_get(args, "text", ""); *c; c++)
		type_key(fd, *c == '_' ? ' ' : *c);
	type_key(fd, '\n');
	close(fd);
}
