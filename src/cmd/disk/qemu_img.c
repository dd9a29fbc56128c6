// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/disk/qemu_img.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "base/child.h"
#include "base/file.h"
#include "base/own.h"
#include "kernel/confine.h"

#define OUTPUT_MAX (1 * MIB)
#define MEMORY_MAX (4 * GIB)
#define TICK_MS    200

struct running {
	bool ended;
	char how[64];
};

struct prepared {
	struct confine confine;
	bool writes;
};

/* Between fork and exec: standard output is the first descriptor, not the log. */
static int prepare(const void *argument)
{
	const struct prepared *prepared = argument;
	const struct rlimit memory = { MEMORY_MAX, MEMORY_MAX }, file = { OUTPUT_MAX, OUTPUT_MAX };

	if (dup2(CHILD_FIRST_FD, STDOUT_FILENO) < 0 || setrlimit(RLIMIT_AS, &memory))
		return -errno;
	if (!prepared->writes && setrlimit(RLIMIT_FSIZE, &file))
		return -errno;
	return confine_enter(&prepared->confine);
}

static void on_end(void *owner, const char *how)
{
	struct running *running = owner;

	running->ended = true;
	snprintf(running->how, sizeof(running->how), "%s", how);
}

static int await(struct loop *loop, struct child *child, struct running *running,
	const struct qemu_img *call, struct err *err)
{
	u64 end = clock_monotonic(&clock_system) + call->seconds * NS_PER_S;
	int ret = 0;

	while (!ret && !running->ended) {
		ret = loop_step(loop, TICK_MS, err);
		if (call->tick)
			call->tick(call->owner);
		if (!ret && !running->ended && call->seconds &&
			clock_monotonic(&clock_system) > end)
			ret = err_set(
				err, ETIMEDOUT, "qemu-img takes more than %u s", call->seconds);
	}
	if (ret || !strcmp(running->how, "exited with status 0"))
		return ret;
	err_set(err, EIO, "qemu-img %s", running->how);
	return *child->said ? err_help(err, "It said: %s", child->said) : -EIO;
}

static int start_and_await(const struct qemu_img *call, const char *program,
	const struct prepared *prepared, int output, struct err *err)
{
	const char *argv[QEMU_IMG_WORDS + 1] = { program };
	const int fds[] = { output, call->fd };
	struct running running = { 0 };
	struct child child = { 0 };
	struct loop loop;
	const struct child_config config = {
		.name = "qemu-img",
		.argv = argv,
		.fds = fds,
		.nr_fds = call->fd >= 0 ? 2 : 1,
		.prepare = prepare,
		.prepare_argument = prepared,
		.own_pids = true,
		.own_users = true,
		.loop = &loop,
		.ended = on_end,
		.owner = &running,
	};
	int ret = loop_open(&loop, &clock_system, err);

	if (ret)
		return ret;
	memcpy(argv + 1, call->words, sizeof(call->words));
	ret = child_start(&child, &config, err);
	if (!ret)
		ret = await(&loop, &child, &running, call, err);
	child_stop(&child, 0);
	loop_close(&loop);
	return ret;
}

static int find(char *program, size_t size, struct err *err)
{
	static const char *const names[] = { "qemu-img", NULL };

	if (!child_find(names, program, size))
		return 0;
	err_set(err, ENOENT,
		"a disk in a format other than raw needs qemu-img, which is not "
		"installed");
	return err_help(err, "Install the package qemu-utils (Debian, Ubuntu), qemu-img (Fedora, "
			     "Arch) or qemu-tools (openSUSE), or use --format raw.");
}

static int take_output(struct qemu_img *call, int output, struct err *err)
{
	size_t size;
	int ret = lseek(output, 0, SEEK_SET) < 0 ? -errno : 0;

	if (!ret)
		ret = file_read_all(output, OUTPUT_MAX, &call->output, &size);
	return ret ? err_sys(err, -ret, "cannot read what qemu-img printed") : 0;
}

int qemu_img_run(struct qemu_img *call, struct err *err)
{
	own_fd int output = memfd_create("qemu-img", MFD_CLOEXEC);
	const struct landlock_rule rules[] = {
		{ call->image, LANDLOCK_READ | (call->writes ? LANDLOCK_WRITE : 0) },
		{ "/sys/dev/block", LANDLOCK_READ }, /* a block device's limits */
	};
	struct prepared prepared = { .writes = call->writes };
	char program[PATH_MAX];
	int ret;

	call->output = NULL;
	if (output < 0)
		return err_sys(err, errno, "cannot start qemu-img");
	ret = find(program, sizeof(program), err);
	if (!ret)
		ret = confine_open(&prepared.confine, rules, ARRAY_SIZE(rules), err);
	if (ret)
		return ret;
	/* For images that are other users'. */
	prepared.confine.keep = BIT_ULL(CAP_DAC_OVERRIDE);
	prepared.confine.own_mounts = true;
	/* Without root, which has its user namespace by child_config.own_users. */
	prepared.confine.isolated = geteuid();
	ret = start_and_await(call, program, &prepared, output, err);
	confine_close(&prepared.confine);
	return ret ? ret : take_output(call, output, err);
}
