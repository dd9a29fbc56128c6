// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/log.h"

#include <stdlib.h>
#include <sys/klog.h>

/* Commands of syslog(2). */
enum { LOG_READ_ALL = 3, LOG_SIZE = 10 };

char *kernel_log(void)
{
	int size = klogctl(LOG_SIZE, NULL, 0), n;
	char *text = size > 0 ? malloc(size + 1) : NULL;

	if (!text)
		return NULL;
	n = klogctl(LOG_READ_ALL, text, size);
	if (n < 0) {
		free(text);
		return NULL;
	}
	text[n] = '\0';
	return text;
}
