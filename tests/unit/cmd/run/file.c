// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"

#include <stdio.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/run/file.h"

static int parse_text(struct run_request *request, const char *text, struct err *err)
{
	*err = (struct err){ 0 };
	run_request_init(request);
	return run_file_parse(request, "vm.conf", text, strlen(text), err);
}

/* The file that @request makes. The caller frees it. */
static char *written(const struct run_request *request)
{
	struct err err = { 0 };
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_int_equal(run_file_write(request, f, &err), 0);
	fclose(f);
	return text;
}

static void a_file_fills_the_request(void **state)
{
	static const char text[] = "# A machine.\n"
				   "kernel: /boot/bz\n"
				   "append: console=ttyS0 root=\"x\"  # the console\n"
				   "\n"
				   "memory: 8G\n"
				   "device:\n"
				   "  - 01:00.0,rom=off\n"
				   "  - 0000:02:00.1\n"
				   "no-reboot: on\n";
	struct run_request request;
	struct err err;

	assert_int_equal(parse_text(&request, text, &err), 0);
	assert_string_equal(request.config.kernel, "/boot/bz");
	assert_string_equal(request.config.append, "console=ttyS0 root=\"x\"");
	assert_true(request.config.memory == 8 * GIB);
	assert_int_equal(request.config.nr_devices, 2);
	assert_true(request.devices[0].options.rom_off);
	assert_int_equal(request.devices[1].addr.fn, 1);
	assert_true(request.config.no_reboot);
	run_request_free(&request);
}

static void one_of_a_list_needs_no_list(void **state)
{
	struct run_request request;
	struct err err;

	assert_int_equal(parse_text(&request, "device: 01:00.0", &err), 0);
	assert_int_equal(request.config.nr_devices, 1);
	run_request_free(&request);
	assert_int_equal(parse_text(&request, "# nothing\n", &err), 0);
	assert_true(request.config.memory == 2 * GIB);
	run_request_free(&request);
}

static void mistakes_are_told_with_their_line(void **state)
{
	static const struct {
		const char *text, *message, *help;
	} cases[] = {
		{ "cpus: 2\n\nmemroy: 8G\n", "vm.conf:3: there is no option 'memroy'",
			"Did you mean 'memory'?" },
		{ "memory: lots\n", "vm.conf:1: 'lots' is not a size such as 512M or 2G", NULL },
		{ "cpus: 2\ncpus: 3\n", "vm.conf:2: 'cpus' is there twice", NULL },
		{ "memory:\ncpus: 2\n", "vm.conf:1: memory has no value", NULL },
		{ "cpus:\n - 2\n - 3\n", "vm.conf:2: 'cpus' has one value, not a list", NULL },
		{ "device:\n - 01:00.0\n - 1\n",
			"vm.conf:3: --device: '1' is not a PCI address such as 01:00.0", NULL },
		{ "device: 01:00.0,rim=off\n", "vm.conf:1: --device has no option 'rim'",
			"Did you mean 'rom'?" },
		{ "help: on\n", "vm.conf:1: 'help' belongs on the command line", NULL },
		{ "no-reboot: yes\n", "vm.conf:1: --no-reboot is on or off, not 'yes'", NULL },
		{ "memory = 8G\n", "vm.conf:1: this is not a machine file", NULL },
		{ "append: a: b\n", "vm.conf:1: mapping values are not allowed in this context",
			"Put a text that YAML reads otherwise into quotes: '...'" },
		{ "append: 'a\n", "vm.conf:2: found unexpected end of stream", NULL },
		{ "cpus: {a: 1}\n", "vm.conf:1: a name and a text belong here", NULL },
		{ "device:\n  - [a]\n", "vm.conf:2: a name and a text belong here", NULL },
		{ "[a]: b\n", "vm.conf:1: a name and a text belong here", NULL },
		{ "cpus: &n 2\n", "vm.conf:1: anchors and tags mean nothing here", NULL },
		{ "append: *n\n", "vm.conf:1: a name and a text belong here", NULL },
		{ "cpus: !!int 2\n", "vm.conf:1: anchors and tags mean nothing here", NULL },
		{ "append: \"a\\0b\"\n", "vm.conf:1: a text has a zero byte", NULL },
		{ "cpus: 2\n---\ncpus: 3\n", "vm.conf:2: a second document begins", NULL },
		{ "append: \xff\n", "vm.conf: byte 8: invalid leading UTF-8 octet", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct run_request request;
		struct err err;

		assert_true(parse_text(&request, cases[i].text, &err) < 0);
		assert_string_equal(err.text, cases[i].message);
		if (cases[i].help)
			assert_string_equal(err.help, cases[i].help);
		run_request_free(&request);
	}
}

static void what_is_written_reads_back(void **state)
{
	static const char *const hard[] = { "", " a ", "a: b", "a # b", "'a\"", "on", "~", "- a",
		"{a", "@a", "a\nb\n", "\ta", "\xc3\xa4", "a\\0b", "!a", "%a", "*a" };

	for (size_t i = 0; i < ARRAY_SIZE(hard); i++) {
		struct err err = { 0 };
		const struct cmd_option *append = option_find(run_options, "append", "", &err);
		const struct cmd_option *device = option_find(run_options, "device", "", &err);
		struct run_request first, second;
		char *text, *again;

		run_request_init(&first);
		assert_int_equal(run_option_apply(&first, append, hard[i], &err), 0);
		assert_int_equal(run_option_apply(&first, device, "01:00.0,rom=/a: b,,c", &err), 0);
		assert_int_equal(run_option_apply(&first, device, "01:00.1", &err), 0);
		text = written(&first);
		assert_int_equal(parse_text(&second, text, &err), 0);
		assert_string_equal(second.config.append, hard[i]);
		assert_string_equal(second.devices[0].options.rom_file, "/a: b,c");
		assert_int_equal(second.config.nr_devices, 2);
		again = written(&second);
		assert_string_equal(text, again);
		free(text);
		free(again);
		run_request_free(&first);
		run_request_free(&second);
	}
}

static void what_is_no_text_is_not_written(void **state)
{
	struct err err = { 0 };
	struct run_request request;
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	run_request_init(&request);
	assert_int_equal(run_option_apply(&request, option_find(run_options, "append", "", &err),
				 "\xff", &err),
		0);
	assert_true(run_file_write(&request, f, &err) < 0);
	assert_string_equal(err.text, "cannot print --append");
	fclose(f);
	free(text);
	run_request_free(&request);
}

/* A file in a directory of its own; returns its path in @path. */
static void write_file(char *path, size_t room, const char *text)
{
	char directory[] = "/tmp/unit-run-file-XXXXXX";
	FILE *f;

	assert_non_null(mkdtemp(directory));
	snprintf(path, room, "%s/vm.conf", directory);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void remove_file(char *path)
{
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
}

static void the_command_line_comes_on_top(void **state)
{
	char path[64], expected[96];
	char *argv[] = { (char *)"run", (char *)"--cpus=3", (char *)"--device=02:00.0", path,
		(char *)"--no-reboot=off", (char *)"--append", (char *)"x", NULL };
	struct run_request request;
	struct cmd_call call = { .cmd = &cmd_run, .args = &request };
	struct command_line line;
	struct err err = { 0 };

	write_file(path, sizeof(path),
		"cpus: 2\nno-reboot: on\nkernel: sub/bz\ninitrd: /i\nserial: file:log\n"
		"device: 01:00.0,rom=r.rom\n");
	run_request_init(&request);
	assert_int_equal(
		command_line_read(&line, run_options, ARRAY_SIZE(argv) - 1, argv, &err), 0);
	call.operands = line.operands;
	call.nr_operands = line.nr_operands;
	assert_int_equal(cmd_prepare(&call, &line, &err), 0);
	command_line_close(&line);
	remove_file(path); /* which leaves its directory in @path */
	assert_int_equal(request.config.cpus, 3);
	assert_false(request.config.no_reboot);
	assert_int_equal(request.config.nr_devices, 2);
	assert_int_equal(request.devices[0].addr.bus, 1);
	assert_int_equal(request.devices[1].addr.bus, 2);
	/* Paths are below the file's directory. */
	snprintf(expected, sizeof(expected), "%s/sub/bz", path);
	assert_string_equal(request.config.kernel, expected);
	snprintf(expected, sizeof(expected), "file:%s/log", path);
	assert_string_equal(request.config.serial, expected);
	snprintf(expected, sizeof(expected), "%s/r.rom", path);
	assert_string_equal(request.devices[0].options.rom_file, expected);
	assert_string_equal(request.config.initrd, "/i");
	run_request_free(&request);
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
	struct run_request request;
	struct err err = { 0 };

	run_request_init(&request);
	assert_true(run_file_read(&request, "/tmp", &err) < 0);
	assert_string_equal(err.text, "cannot read /tmp: Is a directory");
	assert_true(run_file_read(&request, "/dev/zero", &err) < 0);
	assert_string_equal(err.text, "/dev/zero has more than 1 MiB and is no machine file");
	run_request_free(&request);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_fills_the_request),
		cmocka_unit_test(one_of_a_list_needs_no_list),
		cmocka_unit_test(mistakes_are_told_with_their_line),
		cmocka_unit_test(what_is_written_reads_back),
		cmocka_unit_test(what_is_no_text_is_not_written),
		cmocka_unit_test(the_command_line_comes_on_top),
		cmocka_unit_test(a_file_that_cannot_be_read_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
