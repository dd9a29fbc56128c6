// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * console: prints lines=N lines (60) on the first terminal, "text=TEXT, line 1" and so on, and then
 * what the kernel says that the terminal shows, each line of it as "SCREEN |LINE|".
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "steps.h"

#define COLUMNS_MAX 256

static void draw(const char *text, unsigned lines)
{
	int fd = open("/dev/tty1", O_WRONLY | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		fail_errno("cannot open the terminal");
	for (unsigned i = 1; i <= lines; i++)
		if (dprintf(fd, "%s, line %u\n", text, i) < 0)
			fail_errno("cannot print");
	close(fd);
}

/* The file is its rows, columns and cursor's place, a byte each, then characters with colours. */
static void tell(void)
{
	u8 head[4], cells[2 * COLUMNS_MAX];
	char line[COLUMNS_MAX + 1];
	int fd = open("/dev/vcsa1", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, head, sizeof(head)) != sizeof(head))
		fail_errno("cannot read the screen");
	for (unsigned row = 0; row < head[0]; row++) {
		if (read(fd, cells, 2 * head[1]) != 2 * head[1])
			fail_errno("the screen ends after %u rows", row);
		for (unsigned i = 0; i < head[1]; i++)
			line[i] = cells[2 * i];
		line[head[1]] = 0;
		say("SCREEN |%s|", line);
	}
	report("rows", "%u", head[0]);
	report("columns", "%u", head[1]);
	close(fd);
}

void step_console(const struct args *args)
{
	draw(args_get(args, "text", "Linux"), args_number(args, "lines", 60));
	tell();
}
