// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "base/own.h"
#include "end.h"
#include "guest.h"

/* The CMOS RAM of the real-time clock: its index port, and indexes beyond those of the firmware. */
#define CMOS_PORT  0x70
#define CMOS_MARK  0x6d
#define CMOS_COUNT 0x6e
#define MARK       0x54

/*
 * Through the kernel: QEMU's emulation, as of version 7.2, refuses the port instructions of user
 * space in a nested guest.
 */
static int cmos_open(void)
{
	return open("/dev/port", O_RDWR | O_CLOEXEC);
}

static u8 cmos_read(int port, u8 index)
{
	u8 value = 0;

	if (pwrite(port, &index, 1, CMOS_PORT) != 1 || pread(port, &value, 1, CMOS_PORT + 1) != 1)
		say("GUEST cannot read the CMOS RAM");
	return value;
}

static void cmos_write(int port, u8 index, u8 value)
{
	if (pwrite(port, &index, 1, CMOS_PORT) != 1 || pwrite(port, &value, 1, CMOS_PORT + 1) != 1)
		say("GUEST cannot write the CMOS RAM");
}

unsigned nr_boot(void)
{
	own_fd int port = cmos_open();

	if (port < 0)
		return 0;
	return cmos_read(port, CMOS_MARK) == MARK ? cmos_read(port, CMOS_COUNT) + 1 : 1;
}

/* Counts a reboot; false if there have been @times already, and then forgets the count. */
static bool count_reboot(u64 times)
{
	own_fd int port = cmos_open();
	unsigned count = nr_boot();

	if (!count)
		return false;
	cmos_write(port, CMOS_MARK, count > times ? 0 : MARK);
	cmos_write(port, CMOS_COUNT, count > times ? 0 : count);
	return count <= times;
}

static void reboot_now(const struct args *args)
{
	const char *type = args_get(args, "type", NULL);

	if (args_get(args, "times", NULL) && !count_reboot(args_number(args, "times", 0)))
		return;
	if (type && write_text(type, "/sys/kernel/reboot/type"))
		say("GUEST cannot reboot by %s", type);
	say("GUEST end reboot");
	reboot(RB_AUTOBOOT);
}

void guest_end(char *spec)
{
	struct args args;

	args_parse(&args, spec);
	if (!strcmp(args.name, "reboot"))
		reboot_now(&args);
	if (!strcmp(args.name, "triple-fault")) {
		write_text("triple", "/sys/kernel/reboot/type");
		say("GUEST end triple-fault");
		reboot(RB_AUTOBOOT);
	}
	if (!strcmp(args.name, "panic")) {
		say("GUEST end panic");
		write_text("c", "/proc/sysrq-trigger");
	}
	if (!strcmp(args.name, "halt")) {
		say("GUEST end halt");
		reboot(RB_HALT_SYSTEM);
	}
	if (!strcmp(args.name, "hang")) {
		say("GUEST end hang");
		for (;;)
			pause();
	}
	say("GUEST end poweroff");
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
