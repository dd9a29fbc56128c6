// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/boot/firmware_vars.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/own.h"
#include "unit.h"

#define SIZE 0x8000u

struct place {
	char directory[64];
	char template[96];
	char store[96];
	char code[16];
	u8 bytes[SIZE]; /* of the template */
	struct firmware_image image;
};

static void put(const char *path, const void *bytes, size_t size)
{
	own_fd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
}

static void expect_file(const char *path, const u8 *bytes)
{
	own_fd int fd = open(path, O_RDONLY);
	static u8 found[SIZE + 1];

	assert_true(fd >= 0);
	assert_int_equal(read(fd, found, sizeof(found)), SIZE);
	assert_memory_equal(found, bytes, SIZE);
}

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	strcpy(p->directory, "/tmp/tenon-vars-XXXXXX");
	assert_non_null(mkdtemp(p->directory));
	snprintf(p->template, sizeof(p->template), "%s/VARS.fd", p->directory);
	snprintf(p->store, sizeof(p->store), "%s/store.fd", p->directory);
	for (unsigned i = 0; i < SIZE; i++)
		p->bytes[i] = (u8)(i % 251);
	memcpy(p->bytes + 40, "_FVH", 4);
	strcpy(p->code, "CODE.fd");
	put(p->template, p->bytes, SIZE);
	p->image = (struct firmware_image){
		.kind = FIRMWARE_UEFI,
		.code = { p->code, 0, MIB },
		.vars = { p->template, 0, SIZE },
	};
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", p->directory);
	assert_int_equal(system(command), 0);
	free(p);
	return 0;
}

static unsigned count_files(const struct place *p)
{
	struct dirent *entry;
	own_dir DIR *dir = opendir(p->directory);
	unsigned n = 0;

	while ((entry = readdir(dir)))
		n += entry->d_name[0] != '.';
	return n;
}

static void a_store_is_made_from_the_template_once(void **state)
{
	struct place *p = *state;
	struct firmware_vars vars;
	struct err err = { 0 };
	struct stat st;
	u64 size = 1;

	assert_int_equal(firmware_vars_size(p->store, &size, &err), 0);
	assert_int_equal(size, 0);
	assert_int_equal(firmware_vars_open(&vars, p->store, &p->image, &err), 0);
	assert_int_equal(vars.size, SIZE);
	assert_memory_equal(vars.bytes, p->bytes, SIZE);
	expect_file(p->store, p->bytes);
	assert_int_equal(stat(p->store, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(count_files(p), 2);
	vars.bytes[100] = 1;
	firmware_vars_written(&vars, 100, 1);
	firmware_vars_close(&vars);

	assert_int_equal(firmware_vars_size(p->store, &size, &err), 0);
	assert_int_equal(size, SIZE);
	assert_int_equal(firmware_vars_open(&vars, p->store, &p->image, &err), 0);
	assert_int_equal(vars.bytes[100], 1);
	firmware_vars_close(&vars);
	expect_file(p->template, p->bytes);
}

/* In a process that is killed at once afterwards. */
static void what_is_written_is_in_the_file(void **state)
{
	struct place *p = *state;
	pid_t pid = fork();
	int status;

	if (!pid) {
		struct firmware_vars vars;
		struct err err = { 0 };

		if (firmware_vars_open(&vars, p->store, &p->image, &err))
			_exit(1);
		vars.bytes[0x1234] = 77;
		vars.bytes[0x1236] = 78; /* not told of yet */
		firmware_vars_written(&vars, 0x1234, 1);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	p->bytes[0x1234] = 77;
	expect_file(p->store, p->bytes);
}

static void two_machines_cannot_have_it(void **state)
{
	struct place *p = *state;
	struct firmware_vars vars, other;
	struct err err = { 0 };
	int pipe_fd[2];
	char expected[64], byte;
	pid_t pid;

	assert_int_equal(pipe(pipe_fd), 0);
	pid = fork();
	if (!pid) {
		/* Also when an assertion fails. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (firmware_vars_open(&vars, p->store, &p->image, &err))
			_exit(1);
		if (write(pipe_fd[1], "x", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(pipe_fd[0], &byte, 1), 1);
	assert_int_equal(firmware_vars_open(&other, p->store, &p->image, &err), -EBUSY);
	snprintf(expected, sizeof(expected), "(process %d", pid);
	assert_non_null(strstr(err.text, expected));
	assert_non_null(strstr(err.text, p->store));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	err = (struct err){ 0 };
	assert_int_equal(firmware_vars_open(&other, p->store, &p->image, &err), 0);
	firmware_vars_close(&other);
	close(pipe_fd[0]);
	close(pipe_fd[1]);
}

static void refuse(struct place *p, const char *text, const char *help)
{
	struct firmware_vars vars;
	struct err err = { 0 };

	assert_true(firmware_vars_open(&vars, p->store, &p->image, &err) < 0);
	assert_non_null(strstr(err.text, text));
	assert_non_null(strstr(err.help, help));
	firmware_vars_close(&vars);
}

static void a_file_that_does_not_fit_is_refused_and_kept(void **state)
{
	struct place *p = *state;
	static u8 bytes[SIZE + 4096];

	memcpy(bytes, p->bytes, SIZE);
	put(p->store, bytes, sizeof(bytes));
	refuse(p, "36864 bytes", "another firmware");
	put(p->store, bytes, SIZE / 2);
	refuse(p, "16384 bytes", "another firmware");
	bytes[40] = 'x';
	put(p->store, bytes, SIZE);
	refuse(p, "holds no UEFI variables", "");
	memcpy(bytes, "QFI\xfb", 4);
	put(p->store, bytes, SIZE);
	refuse(p, "holds no UEFI variables", "qemu-img convert");
	put(p->store, "", 0);
	refuse(p, "holds no UEFI variables", "");
	assert_int_equal(count_files(p), 2);
	unlink(p->store);
	assert_int_equal(mkdir(p->store, 0755), 0);
	refuse(p, p->store, "");
}

static void without_a_template_only_what_exists(void **state)
{
	struct place *p = *state;
	struct firmware_vars vars;
	struct err err = { 0 };

	p->image.vars = (struct firmware_part){ 0 };
	refuse(p, "no template", "cp TEMPLATE");
	put(p->store, p->bytes, SIZE);
	assert_int_equal(firmware_vars_open(&vars, p->store, &p->image, &err), 0);
	assert_int_equal(vars.size, SIZE);
	firmware_vars_close(&vars);
	/* Code and variables together are bounded. */
	p->image.code.size = FIRMWARE_MAX_SIZE - 4096;
	refuse(p, "which no firmware's variables have", "");
}

static void without_a_file_they_last_as_long_as_the_machine(void **state)
{
	struct place *p = *state;
	struct firmware_vars vars;
	struct err err = { 0 };

	assert_int_equal(firmware_vars_open(&vars, NULL, &p->image, &err), 0);
	assert_memory_equal(vars.bytes, p->bytes, SIZE);
	vars.bytes[0] = 9;
	firmware_vars_written(&vars, 0, 1);
	firmware_vars_close(&vars);
	assert_int_equal(count_files(p), 1);
	expect_file(p->template, p->bytes);
}

/* /dev/full takes nothing: the machine goes on, and the file is made up for at the end. */
static void a_failed_write_is_made_up_for(void **state)
{
	struct place *p = *state;
	struct firmware_vars vars;
	struct err err = { 0 };
	int good;

	assert_int_equal(firmware_vars_open(&vars, p->store, &p->image, &err), 0);
	good = vars.fd;
	vars.fd = open("/dev/full", O_WRONLY);
	vars.bytes[0x700] = 1;
	firmware_vars_written(&vars, 0x700, 1);
	assert_true(vars.behind);
	close(vars.fd);
	vars.fd = good;
	vars.bytes[0x800] = 2;
	firmware_vars_written(&vars, 0x800, 1);
	assert_false(vars.behind);
	firmware_vars_close(&vars);
	p->bytes[0x700] = 1;
	p->bytes[0x800] = 2;
	expect_file(p->store, p->bytes);
}

static void names_have_places(void **state)
{
	static const char *const bad[] = { "", ".", "..", "a/b", "-x", ".hidden", "a b", "a\n",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
	struct place *p = *state;
	struct err err = { 0 };
	char expected[160];
	own_free char *path = NULL;
	struct stat st;

	assert_int_equal(setenv("XDG_STATE_HOME", p->directory, 1), 0);
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(firmware_vars_place(bad[i], &path, &err), -EINVAL);
		assert_null(path);
	}
	assert_int_equal(firmware_vars_place("win-11_a.b+c", &path, &err), 0);
	snprintf(expected, sizeof(expected), "%s/tenon/win-11_a.b+c/vars.fd", p->directory);
	assert_string_equal(path, expected);
	*strrchr(expected, '/') = '\0';
	assert_int_equal(stat(expected, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_store_is_made_from_the_template_once),
		TEST(what_is_written_is_in_the_file),
		TEST(two_machines_cannot_have_it),
		TEST(a_file_that_does_not_fit_is_refused_and_kept),
		TEST(without_a_template_only_what_exists),
		TEST(without_a_file_they_last_as_long_as_the_machine),
		TEST(a_failed_write_is_made_up_for),
		TEST(names_have_places),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
