// SPDX-License-Identifier: GPL-2.0-or-later
/* The distribution's own swtpm, as a contained process with a state that must not be lost. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/own.h"
#include "kept.h"
#include "unit.h"
#include "vm/tpm/swtpm.h"
#include "vm/tpm/tpm.h"

#define STATE "tpm2-00.permall"

struct world {
	struct loop loop;
	struct swtpm swtpm;
	char directory[64];
	char path[96];
};

static bool is_installed(void)
{
	static const char *const names[] = { "swtpm", NULL };
	char path[4096];

	return !child_find(names, path, sizeof(path));
}

static void open_world(struct world *w)
{
	struct err err;

	if (!is_installed())
		skip();
	*w = (struct world){ 0 };
	log_set_level(LOG_ERROR);
	snprintf(w->directory, sizeof(w->directory), "/tmp/unit, tpm-XXXXXX");
	assert_non_null(mkdtemp(w->directory));
	snprintf(w->path, sizeof(w->path), "%s/state", w->directory);
	assert_int_equal(loop_open(&w->loop, &clock_system, &err), 0);
}

static int open_swtpm(struct world *w, struct err *err)
{
	const struct swtpm_config config = { w->path, &w->loop };

	*err = (struct err){ 0 };
	return swtpm_open(&w->swtpm, &config, err);
}

static void close_world(struct world *w)
{
	static const char *const names[] = { STATE, ".lock", "tenon.lock", "fill" };
	char path[160];

	swtpm_close(&w->swtpm);
	loop_close(&w->loop);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", w->path, names[i]);
		unlink(path);
	}
	umount(w->path);
	assert_int_equal(rmdir(w->path), 0);
	assert_int_equal(rmdir(w->directory), 0);
}

static u32 send_command(struct world *w, const char *bytes, size_t size)
{
	u8 response[4096];

	assert_int_equal(send(w->swtpm.data, bytes, size, MSG_NOSIGNAL), size);
	assert_true(recv(w->swtpm.data, response, sizeof(response), 0) >= TPM_HEAD_SIZE);
	return get_be32(response + TPM_HEAD_CODE);
}

#define COMMAND(w, bytes) send_command(w, bytes, sizeof(bytes) - 1)
#define STARTUP           "\x80\x01\0\0\0\x0c\0\0\x01\x44\0\0"
#define SHUTDOWN          "\x80\x01\0\0\0\x0c\0\0\x01\x45\0\0"
#define GET_RANDOM        "\x80\x01\0\0\0\x0c\0\0\x01\x7b\0\x08"
/* TPM2_NV_DefineSpace of index 1500001h, 8 bytes, by the owner without a password. */
#define NV_DEFINE                                                          \
	"\x80\x02\0\0\0\x2d\0\0\x01\x2a\x40\0\0\x01\0\0\0\x09\x40\0\0\x09" \
	"\0\0\0\0\0\0\0\0\x0e\x01\x50\0\x01\0\x0b\0\x04\0\x04\0\0\0\x08"
#define RC_NV_DEFINED 0x14c

static mode_t mode_of(const struct world *w, const char *name)
{
	char path[160];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", w->path, name);
	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void the_state_is_kept(void **state)
{
	struct world w;
	struct err err;

	open_world(&w);
	assert_int_equal(open_swtpm(&w, &err), 0);
	assert_int_equal(COMMAND(&w, STARTUP), 0);
	assert_int_equal(COMMAND(&w, NV_DEFINE), 0);
	assert_int_equal(COMMAND(&w, SHUTDOWN), 0);
	assert_int_equal(mode_of(&w, ""), 0700);
	assert_int_equal(mode_of(&w, STATE), 0600);
	assert_int_equal(mode_of(&w, "tenon.lock"), 0600);
	swtpm_close(&w.swtpm);
	assert_int_equal(open_swtpm(&w, &err), 0);
	assert_int_equal(COMMAND(&w, STARTUP), 0);
	assert_int_equal(COMMAND(&w, NV_DEFINE), RC_NV_DEFINED);
	close_world(&w);
}

/* What the TPM has acknowledged is in the file. */
static void the_state_survives_a_kill(void **state)
{
	struct world w;
	struct err err;

	open_world(&w);
	assert_int_equal(open_swtpm(&w, &err), 0);
	assert_int_equal(COMMAND(&w, STARTUP), 0);
	assert_int_equal(COMMAND(&w, NV_DEFINE), 0);
	kill(kept_by(w.swtpm.child.pid), SIGKILL);
	swtpm_close(&w.swtpm);
	assert_int_equal(open_swtpm(&w, &err), 0);
	assert_int_equal(COMMAND(&w, STARTUP), 0);
	assert_int_equal(COMMAND(&w, NV_DEFINE), RC_NV_DEFINED);
	close_world(&w);
}

static void two_machines_cannot_have_it(void **state)
{
	struct world w;
	struct swtpm second;
	struct err err = { 0 };

	open_world(&w);
	assert_int_equal(open_swtpm(&w, &err), 0);
	assert_int_equal(
		swtpm_open(&second, &(struct swtpm_config){ w.path, &w.loop }, &err), -EBUSY);
	assert_non_null(strstr(err.text, "tenon.lock is in use by "));
	assert_non_null(strstr(err.help, "--tpm state=DIRECTORY"));
	assert_int_equal(COMMAND(&w, STARTUP), 0);
	close_world(&w);
}

static void write_state(const struct world *w, const void *bytes, size_t size)
{
	char path[160];
	own_fd int fd = -1;

	snprintf(path, sizeof(path), "%s/%s", w->path, STATE);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, bytes, size), size);
}

static size_t read_state(const struct world *w, u8 *bytes, size_t size)
{
	char path[160];
	own_fd int fd = -1;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", w->path, STATE);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = read(fd, bytes, size);
	return n < 0 ? 0 : (size_t)n;
}

/* It is refused with a message, and left as it is. */
static void a_damaged_state(void **state)
{
	u8 good[64 * KIB], bad[64 * KIB], after[64 * KIB];
	struct world w;
	struct err err;
	size_t size;

	open_world(&w);
	assert_int_equal(open_swtpm(&w, &err), 0);
	assert_int_equal(COMMAND(&w, STARTUP), 0);
	swtpm_close(&w.swtpm);
	size = read_state(&w, good, sizeof(good));
	assert_true(size > 1000);
	for (unsigned kind = 0; kind < 3; kind++) {
		size_t left = kind == 0 ? 0 : kind == 1 ? size / 2 : size;

		memcpy(bad, good, size);
		bad[1] = 99; /* the oldest version that can read it */
		if (kind == 1)
			bad[1] = good[1];
		write_state(&w, bad, left);
		assert_int_equal(open_swtpm(&w, &err), -EINVAL);
		assert_non_null(strstr(err.text, "swtpm cannot use the TPM's state in /tmp/unit"));
		assert_non_null(strstr(err.help, "swtpm said: "));
		assert_non_null(strstr(err.help, "failure mode"));
		assert_int_equal(read_state(&w, after, sizeof(after)), left);
		assert_memory_equal(after, bad, left);
	}
	write_state(&w, good, size);
	assert_int_equal(open_swtpm(&w, &err), 0);
	close_world(&w);
}

static void a_directory_of_everybody(void **state)
{
	struct world w;
	struct err err;

	open_world(&w);
	assert_int_equal(mkdir(w.path, 0700), 0);
	assert_int_equal(chmod(w.path, 0777), 0);
	assert_int_equal(open_swtpm(&w, &err), -EPERM);
	assert_non_null(strstr(err.text, "others may write to "));
	assert_non_null(strstr(err.help, "chmod 700 "));
	close_world(&w);
}

static void without_swtpm(void **state)
{
	struct world w;
	struct err err;

	open_world(&w);
	own_free char *path = strdup(getenv("PATH"));

	setenv("PATH", "/nonexistent", 1);
	assert_int_equal(open_swtpm(&w, &err), -ENOENT);
	setenv("PATH", path, 1);
	assert_string_equal(err.text, "a TPM needs swtpm, which is not installed");
	assert_non_null(strstr(err.help, "install the package swtpm"));
	assert_int_equal(mkdir(w.path, 0700), 0);
	close_world(&w);
}

/* A full disk: refused at the start; while the guest runs, the old state stays. */
static void a_full_disk(void **state)
{
	static const char zeros[4096];
	u8 before[64 * KIB], after[64 * KIB];
	char path[160];
	struct world w;
	struct err err;
	size_t size;
	int fd;

	if (geteuid())
		skip();
	open_world(&w);
	assert_int_equal(mkdir(w.path, 0700), 0);
	if (mount("unit-tpm", w.path, "tmpfs", 0, "size=1M,mode=0700")) {
		rmdir(w.path);
		rmdir(w.directory);
		skip();
	}
	assert_int_equal(open_swtpm(&w, &err), 0);
	assert_int_equal(COMMAND(&w, STARTUP), 0);
	size = read_state(&w, before, sizeof(before));
	snprintf(path, sizeof(path), "%s/fill", w.path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	while (write(fd, zeros, sizeof(zeros)) > 0)
		;
	close(fd);
	assert_int_equal(COMMAND(&w, NV_DEFINE), TPM_RC_FAILURE);
	assert_int_equal(read_state(&w, after, sizeof(after)), size);
	assert_memory_equal(before, after, size);
	swtpm_close(&w.swtpm);
	assert_int_equal(open_swtpm(&w, &err), -ENOSPC);
	assert_non_null(strstr(err.text, "no space is left for the TPM's state in "));
	unlink(path);
	assert_int_equal(open_swtpm(&w, &err), 0);
	assert_int_equal(COMMAND(&w, STARTUP), 0);
	assert_int_equal(COMMAND(&w, NV_DEFINE), 0);
	close_world(&w);
}

/* The process opens nothing but its directory, and has no network. */
static void it_is_contained(void **state)
{
	char path[64], text[4096] = "";
	struct world w;
	struct err err;
	FILE *f;
	size_t n;

	open_world(&w);
	assert_int_equal(open_swtpm(&w, &err), 0);
	snprintf(path, sizeof(path), "/proc/%d/status", kept_by(w.swtpm.child.pid));
	f = fopen(path, "re");
	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	assert_true(n > 100);
	assert_non_null(strstr(text, "NoNewPrivs:\t1"));
	assert_non_null(strstr(text, "Seccomp:\t2"));
	assert_non_null(strstr(text, "CapEff:\t0000000000000000"));
	if (!geteuid()) {
		assert_non_null(strstr(text, "Uid:\t65534\t65534\t65534"));
		assert_non_null(strstr(text, "NSpid:\t"));
		assert_non_null(strstr(strstr(text, "NSpid:\t"), "\t2\n"));
	}
	assert_int_equal(COMMAND(&w, STARTUP), 0);
	assert_int_equal(COMMAND(&w, GET_RANDOM), 0);
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_state_is_kept),
		cmocka_unit_test(the_state_survives_a_kill),
		cmocka_unit_test(two_machines_cannot_have_it),
		cmocka_unit_test(a_damaged_state),
		cmocka_unit_test(a_directory_of_everybody),
		cmocka_unit_test(without_swtpm),
		cmocka_unit_test(a_full_disk),
		cmocka_unit_test(it_is_contained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
