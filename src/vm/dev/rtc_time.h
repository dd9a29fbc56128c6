/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The time registers of an MC146818 real-time clock: BCD or binary, 12 or 24 hours, as
 * register B says, with the century in the byte that the ACPI tables name. Pure functions.
 */
#ifndef VM_DEV_RTC_TIME_H
#define VM_DEV_RTC_TIME_H

#include "base/types.h"

enum rtc_register {
	RTC_SECONDS = 0,
	RTC_SECONDS_ALARM = 1,
	RTC_MINUTES = 2,
	RTC_MINUTES_ALARM = 3,
	RTC_HOURS = 4,
	RTC_HOURS_ALARM = 5,
	RTC_DAY_OF_WEEK = 6, /* 1: Sunday */
	RTC_DAY = 7,
	RTC_MONTH = 8,
	RTC_YEAR = 9,
	RTC_A = 10,
	RTC_B = 11,
	RTC_C = 12,
	RTC_D = 13,
	RTC_CENTURY = 0x32,
};

#define RTC_B_24H    BIT(1)
#define RTC_B_BINARY BIT(2)

/*
 * @seconds: seconds since 1970 in the clock's own time, in the years 0 to 9999. @cmos: 128 bytes.
 */
void rtc_time_encode(u8 *cmos, s64 seconds);
/*
 * Accepts any contents of the registers; a day or hour that does not exist counts on from the last
 * one that does.
 */
s64 rtc_time_decode(const u8 *cmos);

/* Whether the alarm registers match @seconds; a register of C0h or more matches every value. */
bool rtc_time_alarm(const u8 *cmos, s64 seconds);

#endif
