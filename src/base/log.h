/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages to the person who runs tenon, on standard error, one line each. Any thread.
 * The level is the process's: cmd/ sets it once, before threads start.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/err.h"
#include "base/types.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);
/*
 * Bounds the file that standard error is, if it is a regular one: when it would exceed @max bytes,
 * its older half is deleted. Each line begins with the local time then. Call it before threads
 * start.
 */
void log_bound(u64 max);
#define LOG_TIME_SIZE 20 /* "2026-11-30 20:11:42 " */
void log_at(enum log_level level, const char *fmt, ...) PRINTF(2, 3);

#define log_error(...) log_at(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_at(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_at(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)

/* Prints an error object: the message, then its help, indented. */
void log_err(const struct err *err);

/*
 * Copies @text to @to, of @size bytes, and writes as \xNN all that could act on a terminal: control
 * characters, Unicode characters that reorder or hide text, bytes that are not valid UTF-8, and
 * newlines. A newline at the very end is dropped.
 */
void log_printable(char *to, size_t size, const char *text);

/*
 * A rate limit for messages that others can cause at will: at most LOG_BURST lines a second and
 * LOG_BURST_MINUTE a minute are printed. The next line printed says how many were suppressed.
 */
#define LOG_BURST        10
#define LOG_BURST_MINUTE 60

struct log_limit {
	u64 second, minute;
	unsigned passed, passed_minute;
	unsigned held;
};

bool log_limit_pass(struct log_limit *limit, unsigned *held);

/*
 * Messages that a guest causes, at any level. All of them share one struct log_limit, so that a
 * guest cannot get more lines printed by causing messages in many places.
 */
void log_guest_at(enum log_level level, const char *fmt, ...) PRINTF(2, 3);

#define log_guest(...)      log_guest_at(LOG_DEBUG, __VA_ARGS__)
#define log_guest_warn(...) log_guest_at(LOG_WARN, __VA_ARGS__)

#endif
