// SPDX-License-Identifier: GPL-2.0-or-later
/* The distribution's own virtiofsd, with a driver that speaks some FUSE on the other side. */
#include "vm/virtio/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <linux/virtio_fs.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "fake_driver.h"
#include "kept.h"
#include "unit.h"

#define WAIT      1000 /* of 2 ms */
#define REQUESTS  1    /* the queue */
#define ROOT_NODE 1
#define ROOM      4096

struct world {
	struct guest guest;
	struct fs fs;
	struct virtio_pci pci;
	struct driver driver;
	struct ring ring;
	char directory[32];
	u32 user; /* of the guest */
};

static int setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	strcpy(w->directory, "/tmp/tenon-unit-XXXXXX");
	assert_non_null(mkdtemp(w->directory));
	guest_open(&w->guest);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;
	char path[64];

	virtio_pci_close(&w->pci);
	fs_close(&w->fs);
	guest_close(&w->guest);
	snprintf(path, sizeof(path), "%s/made", w->directory);
	unlink(path);
	rmdir(w->directory);
	free(w);
	return 0;
}

/* Skips where there is no virtiofsd, or where it may not do its work. */
static void start(struct world *w, bool read_only)
{
	const struct fs_config config = { w->directory, "work", read_only, &w->guest.loop };
	struct err err = { 0 };

	if (fs_open(&w->fs, &config, &err)) {
		print_message("%s\n", err.text);
		skip();
	}
	assert_int_equal(virtio_pci_open(&w->pci, &w->fs.user.dev, &w->guest.host, GUEST_DEVFN,
				 FS_CLASS, &w->guest.loop, &err),
		0);
	driver_open(&w->driver, &w->guest);
	assert_true(driver_negotiate(&w->driver, BIT_ULL(VIRTIO_F_VERSION_1)));
	ring_open(&w->ring, &w->driver, REQUESTS, 16, 0xffff);
	driver_ok(&w->driver);
}

/* Sends @body after the header and returns the errno of the answer. */
static int request(struct world *w, u32 opcode, const void *body, u32 size)
{
	struct fuse_in_header in = { .len = (u32)sizeof(in) + size,
		.opcode = opcode,
		.unique = 1,
		.nodeid = ROOT_NODE,
		.uid = w->user,
		.gid = w->user };
	u64 out_at = guest_alloc(&w->guest, in.len, 8), in_at = guest_alloc(&w->guest, ROOM, 8);
	const struct buf bufs[] = { { out_at, in.len, false }, { in_at, ROOM, true } };
	struct fuse_out_header *answer = (void *)guest_at(&w->guest, in_at);
	u32 length;
	u16 id;

	memcpy(guest_at(&w->guest, out_at), &in, sizeof(in));
	memcpy(guest_at(&w->guest, out_at + sizeof(in)), body, size);
	ring_add(&w->ring, bufs, 2, false);
	ring_kick(&w->ring);
	for (unsigned n = 0; n < WAIT; n++) {
		if (ring_take(&w->ring, &id, &length)) {
			assert_true(length >= sizeof(*answer));
			return -answer->error;
		}
		usleep(2000);
	}
	fail_msg("request %u does not come back", opcode);
	return -1;
}

static void greet(struct world *w)
{
	const struct fuse_init_in init = { .major = 7, .minor = 31 };

	assert_int_equal(request(w, FUSE_INIT, &init, sizeof(init)), 0);
}

static int make_file(struct world *w, const char *name)
{
	struct {
		struct fuse_create_in in;
		char name[16];
	} create = { .in = { .flags = O_WRONLY | O_CREAT, .mode = 0644 } };

	strcpy(create.name, name);
	return request(w, FUSE_CREATE, &create, (u32)(sizeof(create.in) + strlen(name) + 1));
}

static void test_files(void **state)
{
	struct world *w = *state;
	struct stat st;
	char path[64];

	start(w, false);
	assert_int_equal(bus_read(&w->guest.mmio, w->driver.config, 4), 0x6b726f77); /* "work" */
	assert_int_equal(bus_read(&w->guest.mmio, w->driver.config + 36, 4), 1);
	greet(w);
	assert_int_equal(request(w, FUSE_LOOKUP, "made", 5), ENOENT);
	assert_int_equal(make_file(w, "made"), 0);
	assert_int_equal(request(w, FUSE_LOOKUP, "made", 5), 0);
	snprintf(path, sizeof(path), "%s/made", w->directory);
	assert_int_equal(stat(path, &st), 0);
}

/* Whether a child of this process may have a user namespace, which is not so in a chroot. */
static bool has_user_namespaces(void)
{
	pid_t pid = fork();
	int status = 1;

	if (!pid)
		_exit(unshare(CLONE_NEWUSER) != 0);
	waitpid(pid, &status, 0);
	return !status;
}

/* What virtiofsd may do is good for the shared files alone, and they are each user's as before. */
static void test_own_users(void **state)
{
	struct world *w = *state;
	char path[64], theirs[64] = "", ours[64] = "";
	struct stat st;

	if (geteuid() || !has_user_namespaces())
		skip();
	assert_int_equal(chown(w->directory, 1234, 1234), 0);
	start(w, false);
	snprintf(path, sizeof(path), "/proc/%d/ns/user", kept_by(w->fs.child.pid));
	assert_true(readlink(path, theirs, sizeof(theirs) - 1) > 0);
	assert_true(readlink("/proc/self/ns/user", ours, sizeof(ours) - 1) > 0);
	assert_string_not_equal(theirs, ours);
	greet(w);
	w->user = 1234;
	assert_int_equal(make_file(w, "made"), 0);
	snprintf(path, sizeof(path), "%s/made", w->directory);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_uid, 1234);
	/* Root of the guest has the directories of all users. */
	w->user = 0;
	assert_int_equal(make_file(w, "more"), 0);
	snprintf(path, sizeof(path), "%s/more", w->directory);
	assert_int_equal(unlink(path), 0);
}

static void test_read_only(void **state)
{
	struct world *w = *state;

	start(w, true);
	greet(w);
	assert_int_equal(make_file(w, "made"), EROFS);
	/* Here it is as it was. */
	assert_int_equal(access(w->directory, W_OK), 0);
}

/* A guest's root makes no device file on the host: /dev/mem would be one. */
static void test_no_devices(void **state)
{
	struct world *w = *state;
	struct {
		struct fuse_mknod_in in;
		char name[8];
	} node = { .in = { .mode = S_IFCHR | 0600, .rdev = 1 << 8 | 1 }, .name = "mem" };
	char path[64];

	start(w, false);
	greet(w);
	assert_int_equal(request(w, FUSE_MKNOD, &node, sizeof(node.in) + 4), EPERM);
	snprintf(path, sizeof(path), "%s/mem", w->directory);
	assert_int_equal(access(path, F_OK), -1);
}

static void test_refusals(void **state)
{
	static const struct {
		const char *directory, *text;
		int code;
	} cases[] = {
		{ "/nonexistent", "cannot share /nonexistent: No such file", ENOENT },
		{ "/etc/passwd", "it is no directory", ENOTDIR },
	};
	struct world *w = *state;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct fs_config config = { cases[i].directory, "work", false,
			&w->guest.loop };
		struct err err = { 0 };

		assert_int_equal(fs_open(&w->fs, &config, &err), -cases[i].code);
		assert_non_null(strstr(err.text, cases[i].text));
	}
}

static void test_args(void **state)
{
	static const char *const old[] = { "p", "--fd=3", "-o", "source=/a b=c", "-o",
		"log_level=err", "-o", "announce_submounts", "-o", "modcaps=-mknod" };
	static const char *const new[] = { "p", "--fd=3", "--shared-dir=-a,b", "--log-level",
		"error", "--modcaps=-mknod" };
	struct fs_args args;

	assert_int_equal(fs_args(&args, "p", true, "/a b=c"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(old); i++)
		assert_string_equal(args.argv[i], old[i]);
	assert_null(args.argv[ARRAY_SIZE(old)]);
	assert_int_equal(fs_args(&args, "p", true, "/a,b"), -EINVAL);
	assert_int_equal(fs_args(&args, "p", false, "-a,b"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(new); i++)
		assert_string_equal(args.argv[i], new[i]);
	assert_null(args.argv[ARRAY_SIZE(new)]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_args),
		cmocka_unit_test_setup_teardown(test_files, setup, teardown),
		cmocka_unit_test_setup_teardown(test_own_users, setup, teardown),
		cmocka_unit_test_setup_teardown(test_read_only, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_devices, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
