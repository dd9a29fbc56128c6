// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/act/effects.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/own.h"
#include "host/act/child.h"

#define MODPROBE "/sbin/modprobe"

struct change {
	const struct tree *tree;
	const char *file;
	const void *bytes;
	size_t size;
	off_t pos;
};

/* In the child. */
static int write_change(void *arg)
{
	const struct change *change = arg;
	own_fd int fd = tree_fd(change->tree, change->file, O_WRONLY);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = pwrite(fd, change->bytes, change->size, change->pos);
	if (n < 0)
		return -errno;
	return (size_t)n == change->size ? 0 : -EIO;
}

static int made(struct effects *fx, int rc, const char *what, struct err *err)
{
	if (!rc)
		return 0;
	if (rc != -ETIMEDOUT)
		return err_sys(err, -rc, "cannot %s", what);
	if (!fx->stuck)
		return err_set(err, EAGAIN, "%s took longer than %u s and was given up", what,
			fx->seconds);
	return err_set(err, ETIMEDOUT,
		"%s hangs in the kernel since %u s, in process %d that no signal ends", what,
		fx->seconds, fx->stuck);
}

static int change(struct effects *fx, struct change *change, const char *what, struct err *err)
{
	change->tree = fx->tree;
	fx->stuck = 0;
	return made(fx, child_run(write_change, change, fx->seconds, &fx->stuck), what, err);
}

static int write_text(struct effects *fx, const char *file, const char *text, struct err *err)
{
	struct change c = { .file = file, .bytes = text, .size = strlen(text) };
	char what[512];

	snprintf(what, sizeof(what), "write '%.*s' to %s%s", (int)strcspn(text, "\n"), text,
		fx->tree->root, file);
	return change(fx, &c, what, err);
}

static int poke(struct effects *fx, const char *file, unsigned pos, u32 value, unsigned size,
	struct err *err)
{
	u8 bytes[4];
	struct change c = { .file = file, .bytes = bytes, .size = size, .pos = pos };
	char what[512];

	put_le(bytes, size, value);
	snprintf(what, sizeof(what), "write %0*x at %02xh of %s%s", 2 * (int)size, value, pos,
		fx->tree->root, file);
	return change(fx, &c, what, err);
}

static int run_modprobe(void *arg)
{
	execl(MODPROBE, MODPROBE, "--", (const char *)arg, NULL);
	return -errno;
}

static int load_module(struct effects *fx, const char *name, struct err *err)
{
	char what[128];
	int rc;

	fx->stuck = 0;
	rc = child_run(run_modprobe, (void *)name, fx->seconds, &fx->stuck);
	snprintf(what, sizeof(what), "run " MODPROBE " %s", name);
	/* modprobe's own exit code, after it said what is wrong. */
	if (rc == -1)
		return err_set(err, ENOENT, "the module %s cannot be loaded", name);
	return made(fx, rc, what, err);
}

const struct effects_ops effects_of_kernel = {
	.write = write_text,
	.poke = poke,
	.module = load_module,
};
