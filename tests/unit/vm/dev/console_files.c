// SPDX-License-Identifier: GPL-2.0-or-later
/* The console on files, and on what stands in for them. */
#include "console_bench.h"

static void files_stand_in_for_a_terminal(void **state)
{
	struct bench *b = *state;
	char in_path[] = "/tmp/unit-console-XXXXXX", out_path[] = "/tmp/unit-console-XXXXXX";
	own_fd int in = mkstemp(in_path);
	own_fd int out = mkstemp(out_path);
	char block[6000], back[32] = "";

	memset(block, 'f', sizeof(block));
	assert_int_equal(write(in, block, sizeof(block)), sizeof(block));
	assert_int_equal(lseek(in, 0, SEEK_SET), 0);
	/* As after `>>`: what is there stays. */
	assert_int_equal(write(out, "kept ", 5), 5);
	open_on(b, in, out);
	assert_int_equal(b->got_len, sizeof(block));
	print(b, "text", 4);
	assert_int_equal(pread(out, back, sizeof(back) - 1, 0), 9);
	assert_string_equal(back, "kept text");
	assert_int_equal(b->gone, 0);
	unlink(in_path);
	unlink(out_path);
}

static void dev_null_is_an_end_of_input(void **state)
{
	struct bench *b = *state;
	own_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	open_on(b, null, null);
	assert_int_equal(b->gone, 0);
	assert_int_equal(print(b, "x", 1), 1);
}

static void output_to_a_file_is_complete_at_the_end(void **state)
{
	struct bench *b = *state;
	char path[] = "/tmp/unit-console-XXXXXX";
	own_fd int fd = mkstemp(path);
	struct console_config config = { .kind = CONSOLE_FILE, .path = path };
	struct err err = { 0 };
	char back[16] = "";

	assert_int_equal(write(fd, "old content", 11), 11);
	assert_int_equal(console_open(&b->console, &config, &b->loop, &ops, b, &err), 0);
	/* Not one round of the loop passes before the end. */
	b->console.stream.take(&b->console.stream, (const u8 *)"last words", 10);
	console_close(&b->console);
	assert_int_equal(pread(fd, back, sizeof(back) - 1, 0), 10);
	assert_string_equal(back, "last words");
	unlink(path);
}

/* A guest that writes for ever fills no disk, and what it said last is there. */
static void output_to_a_file_has_a_size(void **state)
{
	struct bench *b = *state;
	char path[] = "/tmp/unit-console-XXXXXX";
	own_fd int fd = mkstemp(path);
	struct console_config config = { .kind = CONSOLE_FILE, .path = path, .max = 1000 };
	struct err err = { 0 };
	char back[2000] = "";
	struct stat st;

	assert_int_equal(console_open(&b->console, &config, &b->loop, &ops, b, &err), 0);
	for (unsigned i = 0; i < 1000; i++) {
		char line[16];

		snprintf(line, sizeof(line), "line %04u\n", i);
		b->console.stream.take(&b->console.stream, (const u8 *)line, 10);
		assert_int_equal(loop_step(&b->loop, 0, &err), 0);
		assert_int_equal(fstat(fd, &st), 0);
		assert_true(st.st_size <= 1000);
	}
	console_close(&b->console);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(st.st_size >= 500);
	assert_int_equal(pread(fd, back, sizeof(back) - 1, 0), st.st_size);
	assert_string_equal(back + st.st_size - 20, "line 0998\nline 0999\n");
	assert_int_equal(strncmp(back, "line 09", 7), 0);
	unlink(path);
}

/* Nobody else reads it, and a link that another user made leads nowhere. */
static void output_to_a_file_is_for_this_user_alone(void **state)
{
	struct bench *b = *state;
	char directory[] = "/tmp/unit-console-XXXXXX", path[64], link[64];
	struct console_config config = { .kind = CONSOLE_FILE, .path = path };
	struct err err = { 0 };
	struct stat st;

	assert_non_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/log", directory);
	snprintf(link, sizeof(link), "%s/link", directory);
	assert_int_equal(console_open(&b->console, &config, &b->loop, &ops, b, &err), 0);
	console_close(&b->console);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(symlink(path, link), 0);
	config.path = link;
	assert_int_equal(console_open(&b->console, &config, &b->loop, &ops, b, &err), -ELOOP);
	assert_non_null(strstr(err.help, "symbolic link"));
	unlink(link);
	unlink(path);
	rmdir(directory);
}

static void a_full_disk_ends_the_log_and_not_the_machine(void **state)
{
	struct bench *b = *state;
	char path[] = "/tmp/unit-console-XXXXXX";
	own_fd int fd = mkstemp(path);
	struct console_config config = { .kind = CONSOLE_FILE, .path = "/dev/full" };
	struct rlimit before, limit = { 0 };
	struct err err = { 0 };

	assert_int_equal(console_open(&b->console, &config, &b->loop, &ops, b, &err), 0);
	stream_connect(&b->console.stream, &b->guest);
	print(b, "x", 1);
	/* A device that refuses is somebody who left; a file is not. */
	assert_int_equal(b->gone, 1);
	console_close(&b->console);

	config.path = path;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit.rlim_max = before.rlim_max;
	assert_int_equal(console_open(&b->console, &config, &b->loop, &ops, b, &err), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (int i = 0; i < 200; i++)
		assert_int_equal(print(b, b->got, 1024), 1024);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(b->gone, 1);
	unlink(path);
}

static void a_file_that_cannot_be_opened_is_named(void **state)
{
	struct bench *b = *state;
	struct console_config config = { .kind = CONSOLE_FILE, .path = "/nonexistent/log" };
	struct err err = { 0 };

	assert_int_equal(console_open(&b->console, &config, &b->loop, &ops, b, &err), -ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent/log"));
}

static void none_swallows(void **state)
{
	struct bench *b = *state;
	struct console_config config = { .kind = CONSOLE_NONE };
	struct err err = { 0 };

	assert_int_equal(console_open(&b->console, &config, &b->loop, &ops, b, &err), 0);
	for (int i = 0; i < 200; i++)
		assert_int_equal(print(b, b->got, 1024), 1024);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(files_stand_in_for_a_terminal),
		TEST(dev_null_is_an_end_of_input),
		TEST(output_to_a_file_is_complete_at_the_end),
		TEST(output_to_a_file_has_a_size),
		TEST(output_to_a_file_is_for_this_user_alone),
		TEST(a_full_disk_ends_the_log_and_not_the_machine),
		TEST(a_file_that_cannot_be_opened_is_named),
		TEST(none_swallows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
