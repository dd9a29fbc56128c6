/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The CMOS memory of a PC beside the clock: what SeaBIOS and OVMF look up there, and older
 * firmware and systems with them.
 */
#ifndef VM_DEV_RTC_MEMORY_H
#define VM_DEV_RTC_MEMORY_H

#include "vm/dev/rtc.h"

/* @cmos: RTC_SIZE bytes of zero. */
void rtc_memory_fill(u8 *cmos, const struct rtc_config *config);

#endif
