// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "unit.h"

static const struct {
	const char *text, *shown;
} cases[] = {
	{ "plain", "plain" },
	{ "", "" },
	{ "a line\n", "a line" },
	{ "two\nlines", "two\\x0alines" },
	{ "\x1b]0;owned\x07", "\\x1b]0;owned\\x07" },
	{ "tab\there", "tab\\x09here" },
	{ "\x7f", "\\x7f" },
	{ "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x92\xbe",
		"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x92\xbe" },
	/* C1's CSI, as UTF-8 and as one byte. */
	{ "\xc2\x9b"
	  "31m",
		"\\xc2\\x9b"
		"31m" },
	{ "\x9b"
	  "31m",
		"\\x9b"
		"31m" },
	/* Right-to-left override; a byte order mark. */
	{ "a\xe2\x80\xae"
	  "b",
		"a\\xe2\\x80\\xaeb" },
	{ "\xef\xbb\xbf", "\\xef\\xbb\\xbf" },
	/* Too long a form of ESC; half a character; a surrogate; beyond Unicode. */
	{ "\xc0\x9b", "\\xc0\\x9b" },
	{ "\xe2\x82", "\\xe2\\x82" },
	{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },
	{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },
	{ "\xff", "\\xff" },
};

static void test_printable(void **state)
{
	char shown[128];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		log_printable(shown, sizeof(shown), cases[i].text);
		assert_string_equal(shown, cases[i].shown);
	}
}

/* Nothing is cut in the middle of a character or of an escape. */
static void test_printable_short(void **state)
{
	char shown[8];

	log_printable(shown, 3, "a\xe2\x82\xac");
	assert_string_equal(shown, "a");
	log_printable(shown, 5, "\x1b\x1b");
	assert_string_equal(shown, "\\x1b");
	log_printable(shown, 4, "\x1b");
	assert_string_equal(shown, "");
	log_printable(shown, 1, "abc");
	assert_string_equal(shown, "");
}

static char output[64 * 1024];

/* What @say writes to standard error. */
static const char *hear(void (*say)(void))
{
	FILE *file = tmpfile();
	int saved = dup(2);
	size_t n;

	assert_non_null(file);
	fflush(stderr);
	dup2(fileno(file), 2);
	say();
	fflush(stderr);
	dup2(saved, 2);
	close(saved);
	rewind(file);
	n = fread(output, 1, sizeof(output) - 1, file);
	output[n] = '\0';
	fclose(file);
	return output;
}

static void say_escapes(void)
{
	struct err err = { 0 };

	log_warn("process %s uses it", "x\x1b[2J");
	err_set(&err, 1, "device of \x1b[2J");
	err_help(&err, "ask\x07\nor not");
	log_err(&err);
}

static void test_log_shows(void **state)
{
	assert_string_equal(hear(say_escapes), "tenon: warning: process x\\x1b[2J uses it\n"
					       "tenon: error: device of \\x1b[2J\n"
					       "  ask\\x07\n"
					       "  or not\n");
}

static void say_much(void)
{
	for (unsigned i = 0; i < 10000; i++) {
		log_guest_warn("a");
		log_guest_warn("b");
		log_guest_at(LOG_ERROR, "c");
	}
}

static unsigned count_lines(const char *text)
{
	unsigned n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

/* From however many places: a second may begin in between. */
static void test_guest_budget(void **state)
{
	unsigned lines = count_lines(hear(say_much));

	assert_in_range(lines, LOG_BURST, 3 * LOG_BURST);
}

/* A bounded file keeps its newest lines, with their time. */
static void test_bound(void **state)
{
	char path[] = "/tmp/tenon-log-XXXXXX", text[8192] = "";
	int fd = mkstemp(path), before = dup(STDERR_FILENO);
	int year, month, day, hour, minute, second;
	unsigned number = 0;
	ssize_t n;

	dup2(fd, STDERR_FILENO);
	log_bound(4096);
	for (unsigned i = 0; i < 1000; i++)
		log_info("line %u", i);
	log_bound(0);
	dup2(before, STDERR_FILENO);
	n = pread(fd, text, sizeof(text) - 1, 0);
	assert_in_range(n, 1024, 4096);
	/* The first line may be cut. */
	assert_int_equal(sscanf(strchr(text, '\n') + 1, "%d-%d-%d %d:%d:%d tenon: line %u", &year,
				 &month, &day, &hour, &minute, &second, &number),
		7);
	for (const char *at = strchr(text, '\n') + 1; *at; at = strchr(at, '\n') + 1, number++) {
		char want[32];

		snprintf(want, sizeof(want), "tenon: line %u\n", number);
		assert_memory_equal(at + LOG_TIME_SIZE, want, strlen(want));
	}
	assert_int_equal(number, 1000);
	assert_int_equal(unlink(path), 0);
	close(fd);
	close(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_printable),
		cmocka_unit_test(test_printable_short),
		cmocka_unit_test(test_log_shows),
		cmocka_unit_test(test_guest_budget),
		cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
