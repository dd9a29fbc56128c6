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
void log_at(enum log_level level, const char *fmt, ...) PRINTF(2, 3);

#define log_error(...) log_at(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_at(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_at(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)

/* Prints an error object: the message, then its help, indented. */
void log_err(const struct err *err);

/*
 * For what a guest can cause at will: at most @LOG_BURST lines a second pass from each place
 * in the code; what was held back is counted and said with the next line that passes.
 */
#define LOG_BURST 10

struct log_limit {
	u64 second;
	unsigned passed;
	unsigned held;
};

bool log_limit_pass(struct log_limit *limit, unsigned *held);

#define log_guest(...)                                                               \
	do {                                                                         \
		static struct log_limit log_limit_;                                  \
		unsigned held_;                                                      \
		if (log_enabled(LOG_DEBUG) && log_limit_pass(&log_limit_, &held_)) { \
			if (held_)                                                   \
				log_debug("(%u such lines held back)", held_);       \
			log_debug(__VA_ARGS__);                                      \
		}                                                                    \
	} while (0)

#endif
