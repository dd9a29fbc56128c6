// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * share: mounts the shared directory tag=NAME and
 *   read=FILE          reports its SHA-256 as read=
 *   write=FILE+mib=N   writes N MiB (4) of seed=N's noise, syncs it and reports its SHA-256 as
 *                      written=; reads it back past the caches and compares
 *   refuse=FILE        which cannot be made, because the share is read-only
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "sha256.h"
#include "steps.h"

#define DIRECTORY "/share"
#define WAIT_MS   10000
#define CHUNK     (64 * KIB)

static u8 bytes[CHUNK];

/* The driver learns of the device some time after its module was loaded. */
static void mount_share(const char *tag)
{
	u64 end = now_ms() + WAIT_MS;

	mkdir(DIRECTORY, 0755);
	while (mount(tag, DIRECTORY, "virtiofs", 0, NULL)) {
		if (now_ms() > end)
			fail_errno("cannot mount the share %s", tag);
		sleep_ms(20);
	}
}

static int open_file(const char *name, int flags)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), DIRECTORY "/%s", name);
	fd = open(path, flags | O_CLOEXEC, 0644);
	if (fd < 0)
		fail_errno("cannot open %s", name);
	return fd;
}

static void sum_file(const char *name, const char *key)
{
	int fd = open_file(name, O_RDONLY);
	struct sha256 sha;
	char text[65];
	ssize_t n;

	sha256_start(&sha);
	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		sha256_add(&sha, bytes, n);
	if (n < 0)
		fail_errno("cannot read %s", name);
	sha256_finish(&sha, text);
	report(key, "%s", text);
	close(fd);
}

static void write_file(const char *name, unsigned mib, u32 seed)
{
	int fd = open_file(name, O_WRONLY | O_CREAT | O_EXCL);

	for (unsigned n = 0; n < mib * (MIB / CHUNK); n++) {
		for (size_t i = 0; i < CHUNK; i += 4) {
			seed = seed * 1664525 + 1013904223;
			put_le32(bytes + i, seed);
		}
		if (write(fd, bytes, CHUNK) != (ssize_t)CHUNK)
			fail_errno("cannot write %s", name);
	}
	if (fsync(fd))
		fail_errno("cannot sync %s", name);
	close(fd);
	write_text("3", "/proc/sys/vm/drop_caches");
	sum_file(name, "written");
}

static void expect_refusal(const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), DIRECTORY "/%s", name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd >= 0 || errno != EROFS)
		fail("%s: %s, not refused as read-only", name, fd < 0 ? strerror(errno) : "made");
	report("refused", "%s", name);
}

void step_share(const struct args *args)
{
	mount_share(args_get(args, "tag", "share"));
	if (args_get(args, "read", NULL))
		sum_file(args_get(args, "read", NULL), "read");
	if (args_get(args, "write", NULL))
		write_file(args_get(args, "write", NULL), args_number(args, "mib", 4),
			args_number(args, "seed", 1));
	if (args_get(args, "refuse", NULL))
		expect_refusal(args_get(args, "refuse", NULL));
	if (umount(DIRECTORY))
		fail_errno("cannot unmount the share");
}
