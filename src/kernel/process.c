// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/process.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "kernel/machines.h"

/* Of a process's comm, with its newline and a NUL. */
#define COMM_SIZE 17

bool process_parse_stat(const char *text, struct process_stat *stat)
{
	/* The program's name is in parentheses and may have any in it. */
	const char *end = strrchr(text, ')');
	unsigned long long user, system, guest;
	unsigned flags;
	int parent;

	/* Fields 4, 9, 14, 15 and 43; the third is behind the name. */
	if (!end ||
		sscanf(end + 1,
			" %*s %d %*s %*s %*s %*s %u %*s %*s %*s %*s %llu %llu %*s %*s %*s %*s %*s "
			"%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
			"%*s %*s %*s %*s %llu",
			&parent, &flags, &user, &system, &guest) != 5)
		return false;
	*stat = (struct process_stat){ parent, flags, user + system, guest };
	return true;
}

bool process_read_stat(int pid, struct process_stat *stat)
{
	char path[32], text[1024];
	own_file FILE *f = NULL;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	text[n] = '\0';
	return process_parse_stat(text, stat);
}

char *process_text(int pid, char text[PROCESS_TEXT])
{
	char path[32], comm[COMM_SIZE] = "?", name[4 * COMM_SIZE], machine[MACHINE_NAME_SIZE];
	own_file FILE *f = NULL;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	f = fopen(path, "re");
	if (f && !fgets(comm, sizeof(comm), f))
		snprintf(comm, sizeof(comm), "?");
	log_printable(name, sizeof(name), comm);
	machine_name(pid, machine);
	if (*machine)
		snprintf(text, PROCESS_TEXT, "%s (process %d, machine %.80s)", name, pid, machine);
	else
		snprintf(text, PROCESS_TEXT, "%s (process %d)", name, pid);
	return text;
}

static bool has_file(const char *pid, const char *link)
{
	struct dirent *entry;
	own_dir DIR *dir = NULL;
	char path[64], target[256];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%.16s/fd", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		n = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = '\0';
		if (!strcmp(target, link))
			return true;
	}
	return false;
}

int process_with_file(const char *link)
{
	own_dir DIR *dir = opendir("/proc");
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (isdigit((unsigned char)*entry->d_name) && has_file(entry->d_name, link))
			return atoi(entry->d_name);
	return 0;
}
