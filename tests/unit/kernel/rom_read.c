// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's ROM protocol, against a made-up function that behaves as the kernel's files do. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "base/own.h"
#include "kernel/rom_read.h"
#include "unit.h"

#define ROM_SIZE 100000
#define NEVER    1000

struct function {
	char control[8];
	int looks_until_awake; /* at power_state, once it is kept awake; NEVER: never */
	bool asleep;
	u16 vendor;
	u16 command;
	bool rom_on;
	bool no_power_files;

	int calls;
	int fail_at; /* the call that fails, counted from 1; 0: none */
	int fail_code;
	int changes; /* writes that changed something */
	bool signal_in_read;
};

static bool fails(struct function *f)
{
	return ++f->calls == f->fail_at;
}

static u8 rom_byte(u64 at)
{
	return at == 0 ? 0x55 : at == 1 ? 0xaa : at * 7;
}

static ssize_t read_rom(struct function *f, u8 *bytes, size_t size, u64 at)
{
	bool answers = !f->asleep && f->command & 2;

	if (!f->rom_on)
		return -EINVAL;
	if (f->signal_in_read)
		raise(SIGTERM);
	if (at >= ROM_SIZE)
		return 0;
	/* As sysfs does, a page at a time. */
	if (size > 4096)
		size = 4096;
	if (size > ROM_SIZE - at)
		size = ROM_SIZE - at;
	for (size_t i = 0; i < size; i++)
		bytes[i] = answers ? rom_byte(at + i) : 0xff;
	return size;
}

static ssize_t function_read(void *ctx, enum rom_file file, void *bytes, size_t size, u64 at)
{
	struct function *f = ctx;
	u8 config[64] = { 0 };

	if (fails(f))
		return -f->fail_code;
	switch (file) {
	case ROM_FILE_ROM:
		return read_rom(f, bytes, size, at);
	case ROM_FILE_CONFIG:
		put_le16(config, f->vendor);
		put_le16(config + 4, f->command);
		assert_true(at + size <= sizeof(config));
		memcpy(bytes, config + at, size);
		return size;
	case ROM_FILE_POWER_STATE:
		if (f->no_power_files)
			return -ENOENT;
		if (!strcmp(f->control, "on") && f->looks_until_awake-- == 0)
			f->asleep = false;
		return snprintf(bytes, size, "%s\n", f->asleep ? "D3hot" : "D0");
	case ROM_FILE_POWER_CONTROL:
		if (f->no_power_files)
			return -ENOENT;
		return snprintf(bytes, size, "%s\n", f->control);
	default:
		return -ENOENT;
	}
}

static ssize_t function_write(void *ctx, enum rom_file file, const void *bytes, size_t size, u64 at)
{
	struct function *f = ctx;

	if (fails(f))
		return -f->fail_code;
	f->changes++;
	switch (file) {
	case ROM_FILE_ROM:
		/* pci_write_rom(): only this turns it off. */
		f->rom_on = !(size == 2 && !memcmp(bytes, "0\n", 2));
		return size;
	case ROM_FILE_CONFIG:
		assert_int_equal(at, 4);
		assert_int_equal(size, 2);
		f->command = get_le16(bytes);
		return size;
	case ROM_FILE_POWER_CONTROL:
		snprintf(f->control, sizeof(f->control), "%.*s", (int)size, (const char *)bytes);
		if (!strcmp(f->control, "auto") && f->looks_until_awake != NEVER)
			f->asleep = true;
		return size;
	default:
		return -EACCES;
	}
}

static void function_pause(void *ctx)
{
}

/* As vfio-pci leaves an idle card: suspended, and not decoding memory. */
static const struct function idle = {
	.control = "auto",
	.asleep = true,
	.looks_until_awake = 2,
	.vendor = 0x10de,
	.command = 0x0400,
	.fail_code = EIO,
};

static int read_function(struct function *f, u8 **bytes, size_t *size, struct err *err)
{
	struct rom_port port = { f, function_read, function_write, function_pause };

	*bytes = NULL;
	err_clear(err);
	return rom_read(&port, bytes, size, err);
}

static void assert_as_before(const struct function *f)
{
	assert_int_equal(f->command, 0x0400);
	assert_string_equal(f->control, "auto");
	assert_false(f->rom_on);
}

static void reads_a_sleeping_function(void **state)
{
	struct function f = idle;
	own_free u8 *bytes = NULL;
	struct err err;
	size_t size;

	assert_int_equal(read_function(&f, &bytes, &size, &err), 0);
	assert_int_equal(size, ROM_SIZE);
	for (size_t i = 0; i < size; i++)
		assert_int_equal(bytes[i], rom_byte(i));
	assert_as_before(&f);
}

/* A function in use is not touched beyond the ROM itself. */
static void leaves_a_running_function_alone(void **state)
{
	struct function f = idle;
	own_free u8 *bytes = NULL;
	struct err err;
	size_t size;

	strcpy(f.control, "on");
	f.asleep = false;
	f.command = 0x0407;
	assert_int_equal(read_function(&f, &bytes, &size, &err), 0);
	assert_int_equal(f.changes, 2);
	assert_int_equal(f.command, 0x0407);
	assert_string_equal(f.control, "on");
	assert_false(f.rom_on);
}

static void works_without_power_files(void **state)
{
	struct function f = idle;
	own_free u8 *bytes = NULL;
	struct err err;
	size_t size;

	f.no_power_files = true;
	f.asleep = false;
	assert_int_equal(read_function(&f, &bytes, &size, &err), 0);
	assert_int_equal(bytes[0], 0x55);
	assert_int_equal(f.command, 0x0400);
}

static void refuses_what_does_not_wake(void **state)
{
	struct function f = idle;
	u8 *bytes;
	struct err err;
	size_t size;

	f.looks_until_awake = NEVER;
	assert_int_equal(read_function(&f, &bytes, &size, &err), -ENODEV);
	assert_non_null(strstr(err.text, "D3hot"));
	assert_null(bytes);
	assert_as_before(&f);
}

static void refuses_what_does_not_answer(void **state)
{
	struct function f = idle;
	u8 *bytes;
	struct err err;
	size_t size;

	f.vendor = 0xffff;
	assert_int_equal(read_function(&f, &bytes, &size, &err), -ENODEV);
	assert_non_null(strstr(err.text, "does not answer"));
	assert_as_before(&f);
}

/* Whichever access fails, nothing stays changed, unless undoing it was what failed. */
static void undoes_after_every_failure(void **state)
{
	struct function whole = idle;
	own_free u8 *first = NULL;
	struct err err;
	size_t size;
	int undoing = 0;

	assert_int_equal(read_function(&whole, &first, &size, &err), 0);
	for (int call = 1; call <= whole.calls; call++) {
		struct function f = idle;
		own_free u8 *bytes = NULL;
		int ret;

		f.fail_at = call;
		ret = read_function(&f, &bytes, &size, &err);
		if (f.rom_on || strcmp(f.control, "auto") || f.command != 0x0400) {
			undoing++;
			assert_int_equal(ret, -EIO);
			assert_null(bytes);
		}
		if (ret)
			assert_string_not_equal(err.text, "");
	}
	/* ROM off; reading COMMAND and writing it; power/control. */
	assert_int_equal(undoing, 4);
}

/* Undoing goes on after one of its steps failed. */
static void undoes_the_rest(void **state)
{
	struct function whole = idle, f = idle;
	own_free u8 *first = NULL;
	u8 *bytes;
	struct err err;
	size_t size;

	assert_int_equal(read_function(&whole, &first, &size, &err), 0);
	f.fail_at = whole.calls - 3;
	assert_int_equal(read_function(&f, &bytes, &size, &err), -EIO);
	assert_true(f.rom_on);
	assert_int_equal(f.command, 0x0400);
	assert_string_equal(f.control, "auto");
	assert_non_null(strstr(err.text, "turn its ROM off"));
}

static volatile sig_atomic_t got_signal;
static struct function *signalled;
static bool as_before_at_signal;

static void on_signal(int number)
{
	got_signal = 1;
	as_before_at_signal = !signalled->rom_on && signalled->command == 0x0400;
}

/* A signal that came while reading is taken after the function is as it was. */
static void holds_signals_back(void **state)
{
	struct function f = idle;
	own_free u8 *bytes = NULL;
	struct err err;
	size_t size;

	signalled = &f;
	signal(SIGTERM, on_signal);
	f.signal_in_read = true;
	assert_int_equal(read_function(&f, &bytes, &size, &err), 0);
	signal(SIGTERM, SIG_DFL);
	assert_true(got_signal);
	assert_true(as_before_at_signal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_sleeping_function),
		cmocka_unit_test(leaves_a_running_function_alone),
		cmocka_unit_test(works_without_power_files),
		cmocka_unit_test(refuses_what_does_not_wake),
		cmocka_unit_test(refuses_what_does_not_answer),
		cmocka_unit_test(undoes_after_every_failure),
		cmocka_unit_test(undoes_the_rest),
		cmocka_unit_test(holds_signals_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
