// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * clock TEXT COMMAND...: starts a machine monitor with its guest's serial port on a pipe, and
 * prints "PID NANOSECONDS FIRST": the time from just before exec until TEXT has come out of the
 * port, and until its first byte has. The monitor then lives until the end of standard input and is
 * killed with everything it has; so is what else is in its process group.
 * Exit status 1: the monitor ended before, and 2: it could not be started.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SEEN_SIZE 65536

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* vfork: a copy of this process would be in the time. @pipes: input and output, host's end first.
 */
static pid_t start(char **argv, const int in[2], const int out[2])
{
	pid_t child = vfork();

	if (child)
		return child;
	setpgid(0, 0);
	dup2(in[0], STDIN_FILENO);
	dup2(out[1], STDOUT_FILENO);
	execvp(argv[0], argv);
	_exit(127);
}

/* True when @text has been read from @fd; false at its end. @first: when its first byte had. */
static int wait_for(int fd, const char *text, uint64_t *first)
{
	static char seen[SEEN_SIZE];
	size_t len = 0, keep = strlen(text);

	for (;;) {
		ssize_t n = read(fd, seen + len, sizeof(seen) - len);

		if (n <= 0)
			return 0;
		len += (size_t)n;
		if (!*first && memchr(seen, text[0], len))
			*first = now();
		if (memmem(seen, len, text, keep))
			return 1;
		if (len > sizeof(seen) / 2) {
			memmove(seen, seen + len - keep, keep);
			len = keep;
		}
	}
}

int main(int argc, char **argv)
{
	int in[2], out[2], came, status;
	uint64_t begin, end, first = 0;
	char byte;
	pid_t child;

	if (argc < 3 || pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		return 2;
	begin = now();
	child = start(argv + 2, in, out);
	if (child < 0)
		return 2;
	close(out[1]);
	came = wait_for(out[0], argv[1], &first);
	end = now();
	if (came) {
		printf("%d %llu %llu\n", (int)child, (unsigned long long)(end - begin),
			(unsigned long long)(first - begin));
		fflush(stdout);
		while (read(STDIN_FILENO, &byte, 1) > 0)
			;
	}
	kill(-child, SIGKILL);
	waitpid(child, &status, 0);
	return !came;
}
