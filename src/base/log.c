// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

static enum log_level log_level = LOG_INFO;
static u64 log_max; /* bytes of the file; 0: not bounded */
static pthread_mutex_t log_max_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t log_limit_lock = PTHREAD_MUTEX_INITIALIZER;

void log_set_level(enum log_level level)
{
	log_level = level;
}

void log_bound(u64 max)
{
	struct stat st;

	log_max = !fstat(STDERR_FILENO, &st) && S_ISREG(st.st_mode) ? max : 0;
	/* Here, because it reads files. */
	tzset();
}

bool log_enabled(enum log_level level)
{
	return level <= log_level;
}

/* Whether a character, instead of being shown, acts on the terminal or on the order of the text. */
static bool is_active(u32 c)
{
	return c < ' ' || (c >= 0x7f && c < 0xa0) || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

/*
 * The length in bytes of the character at the start of @text; 0 unless it is valid UTF-8 and
 * printable.
 */
static size_t shown_length(const char *text)
{
	static const u32 least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const u8 *bytes = (const u8 *)text;
	size_t length = *bytes < 0x80   ? 1
			: *bytes < 0xc0 ? 0
			: *bytes < 0xe0 ? 2
			: *bytes < 0xf0 ? 3
					: 4;
	u32 c = length == 1 ? *bytes : *bytes & (0x7fu >> length);

	for (size_t i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (bytes[i] & 0x3f);
	}
	if (!length || c < least[length] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	return is_active(c) ? 0 : length;
}

void log_printable(char *to, size_t size, const char *text)
{
	static const char digits[] = "0123456789abcdef";
	size_t at = 0;

	while (*text && !(text[0] == '\n' && !text[1])) {
		size_t length = shown_length(text);
		const u8 byte = (u8)*text;

		if (at + (length ? length : 4) >= size)
			break;
		if (length) {
			memcpy(to + at, text, length);
			at += length;
			text += length;
			continue;
		}
		to[at++] = '\\';
		to[at++] = 'x';
		to[at++] = digits[byte >> 4];
		to[at++] = digits[byte & 15];
		text++;
	}
	to[at] = '\0';
}

/* If it fails, there is nowhere else to report it. */
static void print_bytes(const char *bytes, size_t size)
{
	struct stat st;

	if (log_max)
		pthread_mutex_lock(&log_max_lock);
	if (log_max && !fstat(STDERR_FILENO, &st) && (u64)st.st_size + size > log_max)
		file_keep_end(STDERR_FILENO, (u64)st.st_size,
			(u64)st.st_size < log_max / 2 ? (u64)st.st_size : log_max / 2);
	(void)!write(STDERR_FILENO, bytes, size);
	if (log_max)
		pthread_mutex_unlock(&log_max_lock);
}

static size_t put_time(char line[LOG_TIME_SIZE + 1])
{
	time_t now = time(NULL);
	struct tm tm = { 0 };

	localtime_r(&now, &tm);
	return strftime(line, LOG_TIME_SIZE + 1, "%F %T ", &tm);
}

/*
 * One call, so that lines of several threads do not mix; and of the kernel's, because the C
 * library's would look at what the file is, which not every thread may (vm/sandbox/sandbox.h).
 */
static void print_line(const char *before, const char *text)
{
	char line[2048];
	size_t length = 0;

	if (log_max)
		length = put_time(line);
	length += (size_t)snprintf(line + length, sizeof(line) - length, "%s", before);
	log_printable(line + length, sizeof(line) - length - 1, text);
	length = strlen(line);
	line[length] = '\n';
	print_bytes(line, length + 1);
}

static void PRINTF(2, 0) log_list(enum log_level level, const char *fmt, va_list ap)
{
	static const char *const before[] = {
		"tenon: error: ", "tenon: warning: ", "tenon: ", "tenon: debug: "
	};
	char text[2048];

	vsnprintf(text, sizeof(text), fmt, ap);
	print_line(before[level], text);
}

void log_at(enum log_level level, const char *fmt, ...)
{
	va_list ap;

	if (!log_enabled(level))
		return;
	va_start(ap, fmt);
	log_list(level, fmt, ap);
	va_end(ap);
}

void log_guest_at(enum log_level level, const char *fmt, ...)
{
	static struct log_limit limit;
	unsigned held;
	va_list ap;

	if (!log_enabled(level) || !log_limit_pass(&limit, &held))
		return;
	if (held)
		log_at(level, "(%u messages that the guest caused were held back)", held);
	va_start(ap, fmt);
	log_list(level, fmt, ap);
	va_end(ap);
}

void log_err(const struct err *err)
{
	const char *line = err->help;
	char text[sizeof(err->help)];

	log_error("%s", err->text);
	while (*line) {
		size_t len = strcspn(line, "\n");

		snprintf(text, sizeof(text), "%.*s", (int)len, line);
		print_line("  ", text);
		line += len + (line[len] == '\n');
	}
}

bool log_limit_pass(struct log_limit *limit, unsigned *held)
{
	struct timespec now;
	bool pass;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	pthread_mutex_lock(&log_limit_lock);
	*held = 0;
	if (limit->second != (u64)now.tv_sec) {
		limit->second = now.tv_sec;
		limit->passed = 0;
	}
	if (limit->minute != (u64)now.tv_sec / 60) {
		limit->minute = now.tv_sec / 60;
		limit->passed_minute = 0;
	}
	pass = limit->passed < LOG_BURST && limit->passed_minute < LOG_BURST_MINUTE;
	if (pass) {
		limit->passed++;
		limit->passed_minute++;
		*held = limit->held;
		limit->held = 0;
	} else {
		limit->held++;
	}
	pthread_mutex_unlock(&log_limit_lock);
	return pass;
}
