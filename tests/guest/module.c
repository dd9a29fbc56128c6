// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loading modules without modprobe: /modules/order has a line per module, its name and then, in
 * the order of loading, the files of those that it needs and its own: none if the kernel has it
 * built in. Parameters come from the kernel's
 * command line, as modprobe takes them: module.parameter=value.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"

/* '-' and '_' are the same in the name of a module. */
static bool same_module(const char *a, const char *b, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((a[i] == '-' ? '_' : a[i]) != (b[i] == '-' ? '_' : b[i]))
			return false;
	return true;
}

static void parameters(char *text, size_t size, const char *module, const char *cmdline)
{
	size_t length = strlen(module), used = 0;

	text[0] = 0;
	while (*cmdline) {
		size_t word = strcspn(cmdline, " \n");

		if (word > length && cmdline[length] == '.' && same_module(cmdline, module, length))
			used += snprintf(text + used, size - used, "%.*s ",
				(int)(word - length - 1), cmdline + length + 1);
		if (used >= size)
			fail("the parameters of the module %s are too long", module);
		cmdline += word;
		cmdline += strspn(cmdline, " \n");
	}
}

static void load(const char *module, const char *cmdline)
{
	char name[128], text[512];
	int fd;

	snprintf(name, sizeof(name), "/modules/%s.ko", module);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail_errno("cannot open the module %s", module);
	parameters(text, sizeof(text), module, cmdline);
	if (syscall(SYS_finit_module, fd, text, 0) && errno != EEXIST)
		fail_errno("cannot load the module %s", module);
	close(fd);
}

static void load_with_needs(const char *module, const char *order, const char *cmdline)
{
	size_t length = strlen(module);

	for (const char *line = order; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		char words[1024], *rest = words, *need;

		if (line[length] != ' ' && line[length] != '\n')
			continue;
		if (!same_module(line, module, length))
			continue;
		snprintf(words, sizeof(words), "%.*s", (int)strcspn(line, "\n"), line);
		strsep(&rest, " ");
		while ((need = strsep(&rest, " ")))
			load(need, cmdline);
		return;
	}
	fail("the initramfs has no module %s", module);
}

void modules_load(char *names, const char *cmdline)
{
	static char order[16384];
	char *name;

	if (read_text(order, sizeof(order) - 1, "/modules/order") < 0)
		fail_errno("cannot read /modules/order");
	strcat(order, "\n");
	while ((name = strsep(&names, ",")))
		if (*name)
			load_with_needs(name, order, cmdline);
}
