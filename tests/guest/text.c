// SPDX-License-Identifier: GPL-2.0-or-later
/* Arguments, small files, time and the console. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

bool args_parse(struct args *args, char *spec)
{
	char *word;

	args->name = strsep(&spec, "+");
	for (args->count = 0; (word = strsep(&spec, "+")); args->count++) {
		if (args->count == ARRAY_SIZE(args->list))
			return false;
		args->list[args->count].key = strsep(&word, "=");
		args->list[args->count].value = word;
	}
	return true;
}

const char *args_get(const struct args *args, const char *key, const char *otherwise)
{
	for (unsigned i = 0; i < args->count; i++)
		if (!strcmp(args->list[i].key, key))
			return args->list[i].value ? args->list[i].value : "";
	return otherwise;
}

u64 args_number(const struct args *args, const char *key, u64 otherwise)
{
	const char *text = args_get(args, key, NULL);
	char *end;
	u64 value;

	if (!text)
		return otherwise;
	value = strtoull(text, &end, 0);
	if (*end || end == text)
		fail("%s=%s is not a number", key, text);
	return value;
}

u64 now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ull + t.tv_nsec / 1000000;
}

void sleep_ms(unsigned ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000l };

	nanosleep(&t, NULL);
}

void wait_continue(u64 ms)
{
	u64 end = now_ms() + ms;
	char text[128];

	for (;;) {
		struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
		u64 now = now_ms();
		ssize_t n;

		if (ms && now >= end)
			return;
		if (poll(&in, 1, ms ? end - now : -1) <= 0)
			continue;
		n = read(STDIN_FILENO, text, sizeof(text) - 1);
		if (n <= 0)
			fail_errno("cannot read the console");
		text[n] = 0;
		if (!strncmp(text, "continue", strlen("continue")))
			return;
	}
}

ssize_t read_text(char *text, size_t size, const char *path, ...)
{
	char name[256];
	size_t length = 0;
	va_list list;
	ssize_t n;
	int fd;

	va_start(list, path);
	vsnprintf(name, sizeof(name), path, list);
	va_end(list);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	while ((n = read(fd, text + length, size - 1 - length)) > 0)
		length += n;
	close(fd);
	if (n < 0)
		return -1;
	while (length && text[length - 1] == '\n')
		length--;
	text[length] = 0;
	return length;
}

int write_text(const char *text, const char *path, ...)
{
	char name[256];
	va_list list;
	ssize_t n;
	int fd;

	va_start(list, path);
	vsnprintf(name, sizeof(name), path, list);
	va_end(list);
	fd = open(name, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n < 0 ? -1 : 0;
}

const char *link_name(char *name, size_t size, const char *path, ...)
{
	char target[256];
	va_list list;
	char *slash;
	ssize_t n;

	va_start(list, path);
	vsnprintf(name, size, path, list);
	va_end(list);
	n = readlink(name, target, sizeof(target) - 1);
	target[n < 0 ? 0 : n] = 0;
	slash = strrchr(target, '/');
	snprintf(name, size, "%s", n < 0 ? "-" : slash ? slash + 1 : target);
	return name;
}
