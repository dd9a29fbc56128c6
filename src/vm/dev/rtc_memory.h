/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The contents of a PC's CMOS memory apart from the clock: what SeaBIOS, OVMF, and older firmware
 * and operating systems read there.
 */
#ifndef VM_DEV_RTC_MEMORY_H
#define VM_DEV_RTC_MEMORY_H

#include "vm/dev/rtc.h"

/* Fills in @cmos, RTC_SIZE zeroed bytes. */
void rtc_memory_fill(u8 *cmos, const struct rtc_config *config);

#endif
