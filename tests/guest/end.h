/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the guest ends, and how often it has been started since. */
#ifndef GUEST_END_H
#define GUEST_END_H

/*
 * The number of this start, from 1, as far as guest_end() kept count; 0 if the machine gives no
 * access to its CMOS RAM. The count lives in two bytes there that no firmware and no driver uses.
 */
unsigned nr_boot(void);

/*
 * Ends the guest as @spec says: poweroff (also if empty), reboot, halt, hang, triple-fault or
 * panic. "reboot+times=N" powers off after the Nth reboot. "+type=T" reboots by the means T of
 * /sys/kernel/reboot/type.
 */
_Noreturn void guest_end(char *spec);

#endif
