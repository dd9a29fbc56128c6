// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/machine.h"

/* The members of QEMU's enumeration ShutdownCause. */
const char *machine_end_reason(enum machine_end end, bool *by_guest)
{
	static const struct {
		bool by_guest;
		const char *reason;
	} reasons[] = {
		[MACHINE_POWERED_OFF] = { true, "guest-shutdown" },
		[MACHINE_QUIT] = { false, "host-qmp-quit" },
		[MACHINE_EXITED] = { true, "guest-shutdown" },
		[MACHINE_RESET] = { true, "guest-reset" },
		[MACHINE_TRIPLE_FAULT] = { true, "guest-panic" },
		[MACHINE_SIGNALLED] = { false, "host-signal" },
		[MACHINE_CONSOLE_GONE] = { false, "host-ui" },
		[MACHINE_DEVICE_LOST] = { false, "host-error" },
		[MACHINE_BROKEN] = { false, "host-error" },
	};

	*by_guest = reasons[end].by_guest;
	return reasons[end].reason;
}
