// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/dev/rtc_time.h"

#define DAY          86400
#define HOUR         3600
#define ANY          0xc0
#define PM           0x80
#define DAYS_TO_1970 719468 /* days from 1 March of the year 0 */
#define DAYS_IN_ERA  146097 /* 400 years */

static u8 put(const u8 *cmos, unsigned v)
{
	return (u8)(cmos[RTC_B] & RTC_B_BINARY ? v : (v / 10) << 4 | v % 10);
}

static unsigned get(const u8 *cmos, u8 v)
{
	return cmos[RTC_B] & RTC_B_BINARY ? v : (v >> 4) * 10u + (v & 0xf);
}

static u8 put_hour(const u8 *cmos, unsigned hour)
{
	if (cmos[RTC_B] & RTC_B_24H)
		return put(cmos, hour);
	return put(cmos, hour % 12 ? hour % 12 : 12) | (hour >= 12 ? PM : 0);
}

static unsigned get_hour(const u8 *cmos, u8 v)
{
	if (cmos[RTC_B] & RTC_B_24H)
		return get(cmos, v);
	return get(cmos, v & ~PM) % 12 + (v & PM ? 12 : 0);
}

/*
 * Counts days of the Gregorian calendar in years that begin in March, so that the leap day comes
 * last.
 */
static s64 days_of(s64 year, s64 month, s64 day)
{
	s64 y = month <= 2 ? year - 1 : year;
	s64 era = (y >= 0 ? y : y - 399) / 400;
	s64 of_era = y - era * 400;
	s64 of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * DAYS_IN_ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
	       DAYS_TO_1970;
}

static void date_of(s64 days, unsigned *year, unsigned *month, unsigned *day)
{
	s64 z = days + DAYS_TO_1970;
	s64 era = (z >= 0 ? z : z - (DAYS_IN_ERA - 1)) / DAYS_IN_ERA;
	s64 of_era = z - era * DAYS_IN_ERA;
	s64 year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	s64 of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	s64 m = (5 * of_year + 2) / 153;

	*day = (unsigned)(of_year - (153 * m + 2) / 5 + 1);
	*month = (unsigned)(m < 10 ? m + 3 : m - 9);
	*year = (unsigned)(year_of_era + era * 400 + (*month <= 2));
}

void rtc_time_encode(u8 *cmos, s64 seconds)
{
	s64 days = seconds / DAY - (seconds % DAY < 0);
	unsigned of_day = (unsigned)(seconds - days * DAY);
	unsigned year, month, day;

	date_of(days, &year, &month, &day);
	cmos[RTC_SECONDS] = put(cmos, of_day % 60);
	cmos[RTC_MINUTES] = put(cmos, of_day / 60 % 60);
	cmos[RTC_HOURS] = put_hour(cmos, of_day / HOUR);
	/* 1 January 1970 was a Thursday. */
	cmos[RTC_DAY_OF_WEEK] = put(cmos, (unsigned)(((days + 4) % 7 + 7) % 7 + 1));
	cmos[RTC_DAY] = put(cmos, day);
	cmos[RTC_MONTH] = put(cmos, month);
	cmos[RTC_YEAR] = put(cmos, year % 100);
	cmos[RTC_CENTURY] = put(cmos, year / 100 % 100);
}

s64 rtc_time_decode(const u8 *cmos)
{
	s64 year = get(cmos, cmos[RTC_CENTURY]) * 100 + get(cmos, cmos[RTC_YEAR]);
	s64 month = get(cmos, cmos[RTC_MONTH]);

	if (month < 1)
		month = 1;
	if (month > 12)
		month = 12;
	return days_of(year, month, get(cmos, cmos[RTC_DAY])) * DAY +
	       get_hour(cmos, cmos[RTC_HOURS]) * HOUR + get(cmos, cmos[RTC_MINUTES]) * 60 +
	       get(cmos, cmos[RTC_SECONDS]);
}

bool rtc_time_alarm(const u8 *cmos, s64 seconds)
{
	s64 of_day = (seconds % DAY + DAY) % DAY;

	return (cmos[RTC_SECONDS_ALARM] >= ANY ||
		       get(cmos, cmos[RTC_SECONDS_ALARM]) == of_day % 60) &&
	       (cmos[RTC_MINUTES_ALARM] >= ANY ||
		       get(cmos, cmos[RTC_MINUTES_ALARM]) == of_day / 60 % 60) &&
	       (cmos[RTC_HOURS_ALARM] >= ANY ||
		       get_hour(cmos, cmos[RTC_HOURS_ALARM]) == of_day / HOUR);
}
