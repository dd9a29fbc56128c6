// SPDX-License-Identifier: GPL-2.0-or-later
/* The register sequences are those of SeaBIOS, OVMF, Linux and Windows. */
#include "vm/dev/rtc.h"

#include <stdlib.h>
#include <time.h>

#include "fake.h"
#include "unit.h"

#define LEAP_DAY 1709251198ull /* Thursday 2024-02-29 23:59:58 UTC */
#define B_SET    0x80
#define B_PIE    0x40
#define B_AIE    0x20
#define B_UIE    0x10

struct bench {
	struct fake_clock clock;
	struct loop loop;
	struct bus pio;
	struct rtc rtc;
	pthread_mutex_t lock;
	struct fake_line irq;
	unsigned alarms;
};

static void on_alarm(void *owner)
{
	((struct bench *)owner)->alarms++;
}

static int setup_with(void **state, bool localtime)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct rtc_config config = {
		.localtime = localtime,
		.ram_low = 2 * GIB,
		.ram_high = 3 * GIB,
		.nr_cpus = 4,
	};
	struct err err = { 0 };

	fake_clock_init(&b->clock, LEAP_DAY * NS_PER_S);
	assert_int_equal(loop_open(&b->loop, &b->clock.clock, &err), 0);
	bus_open(&b->pio);
	pthread_mutex_init(&b->lock, NULL);
	fake_line_init(&b->irq);
	assert_int_equal(
		rtc_open(&b->rtc, &config, &b->pio, &b->loop, &b->irq.line, &b->lock, on_alarm, b),
		0);
	*state = b;
	return 0;
}

static int setup(void **state)
{
	return setup_with(state, false);
}

/* In summer, the host's zone is two hours ahead of UTC, and in winter one. */
static int setup_local(void **state)
{
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	return setup_with(state, true);
}

static int teardown(void **state)
{
	struct bench *b = *state;

	rtc_close(&b->rtc);
	bus_close(&b->pio);
	loop_close(&b->loop);
	pthread_mutex_destroy(&b->lock);
	free(b);
	return 0;
}

static u8 get(struct bench *b, u8 reg)
{
	bus_write(&b->pio, RTC_PORT, 1, reg | 0x80); /* with NMIs masked, as firmware does */
	return (u8)bus_read(&b->pio, RTC_PORT + 1, 1);
}

static void set(struct bench *b, u8 reg, u8 value)
{
	bus_write(&b->pio, RTC_PORT, 1, reg);
	bus_write(&b->pio, RTC_PORT + 1, 1, value);
}

static void pass(struct bench *b, u64 ns)
{
	struct err err = { 0 };

	fake_clock_pass(&b->clock, ns);
	assert_int_equal(loop_step(&b->loop, 0, &err), 0);
}

static void expect_time(struct bench *b, const u8 *expected)
{
	static const u8 regs[] = { RTC_CENTURY, RTC_YEAR, RTC_MONTH, RTC_DAY, RTC_DAY_OF_WEEK,
		RTC_HOURS, RTC_MINUTES, RTC_SECONDS };

	for (size_t i = 0; i < ARRAY_SIZE(regs); i++)
		assert_int_equal(get(b, regs[i]), expected[i]);
}

static void it_shows_the_hosts_time(void **state)
{
	struct bench *b = *state;

	expect_time(b, (u8[]){ 0x20, 0x24, 0x02, 0x29, 5, 0x23, 0x59, 0x58 });
	pass(b, 2 * NS_PER_S);
	expect_time(b, (u8[]){ 0x20, 0x24, 0x03, 0x01, 6, 0x00, 0x00, 0x00 });
}

static void it_starts_with_local_time(void **state)
{
	struct bench *b = *state;

	expect_time(b, (u8[]){ 0x20, 0x24, 0x03, 0x01, 6, 0x00, 0x59, 0x58 });
	/* It goes on by itself: in summer it is still one hour ahead. */
	pass(b, 180ull * 24 * 3600 * NS_PER_S);
	expect_time(b, (u8[]){ 0x20, 0x24, 0x08, 0x28, 4, 0x00, 0x59, 0x58 });
}

static void modes(void **state)
{
	struct bench *b = *state;

	set(b, RTC_B, RTC_B_24H | RTC_B_BINARY);
	expect_time(b, (u8[]){ 20, 24, 2, 29, 5, 23, 59, 58 });
	set(b, RTC_B, 0);
	expect_time(b, (u8[]){ 0x20, 0x24, 0x02, 0x29, 5, 0x91, 0x59, 0x58 }); /* 11 p.m. */
	pass(b, 2 * NS_PER_S);
	assert_int_equal(get(b, RTC_HOURS), 0x12); /* 12 a.m. */
	pass(b, 12 * 3600 * NS_PER_S);
	assert_int_equal(get(b, RTC_HOURS), 0x92);
}

static void every_day_of_400_years_is_told_and_understood(void **state)
{
	u8 cmos[RTC_SIZE] = { [RTC_B] = RTC_B_24H };

	for (s64 day = -1000; day < 146097; day++) {
		s64 seconds = day * 86400 + (day * 7919) % 86400;
		time_t t = (time_t)(seconds < day * 86400 ? day * 86400 : seconds);
		struct tm tm;

		gmtime_r(&t, &tm);
		rtc_time_encode(cmos, t);
		assert_int_equal(cmos[RTC_DAY], tm.tm_mday / 10 << 4 | tm.tm_mday % 10);
		assert_int_equal(cmos[RTC_MONTH], (tm.tm_mon + 1) / 10 << 4 | (tm.tm_mon + 1) % 10);
		assert_int_equal(cmos[RTC_DAY_OF_WEEK], tm.tm_wday + 1);
		assert_int_equal(rtc_time_decode(cmos), t);
	}
}

static void nonsense_in_the_registers_is_some_time(void **state)
{
	struct bench *b = *state;
	unsigned seed = 1;

	for (int i = 0; i < 5000; i++) {
		seed = seed * 1103515245 + 12345;
		set(b, seed >> 16 & 0x3f, (u8)(seed >> 24));
		get(b, RTC_YEAR);
		pass(b, seed >> 8 & 0xfffff);
	}
	/* It still works. */
	set(b, RTC_A, 0x26);
	set(b, RTC_B, B_SET | RTC_B_24H);
	set(b, RTC_SECONDS, 0x10);
	set(b, RTC_B, RTC_B_24H);
	assert_int_equal(get(b, RTC_SECONDS), 0x10);
	pass(b, NS_PER_S);
	assert_int_equal(get(b, RTC_SECONDS), 0x11);
}

/* OVMF's PcRtc and SeaBIOS wait for UIP to fall before they read. */
static void an_update_is_announced_and_over(void **state)
{
	struct bench *b = *state;

	assert_int_equal(get(b, RTC_A), 0x26);
	pass(b, NS_PER_S - 200000);
	assert_int_equal(get(b, RTC_A), 0xa6);
	assert_int_equal(get(b, RTC_SECONDS), 0x58);
	pass(b, 200000);
	assert_int_equal(get(b, RTC_A), 0x26);
	assert_int_equal(get(b, RTC_SECONDS), 0x59);
	assert_int_equal(get(b, RTC_D), 0x80);
	set(b, RTC_D, 0);
	assert_int_equal(get(b, RTC_D), 0x80);
}

/* Linux, mc146818_set_time(): stop, hold the divider, write, let go. */
static void linux_sets_the_time(void **state)
{
	struct bench *b = *state;

	pass(b, 300 * NS_PER_MS);
	set(b, RTC_B, B_SET | RTC_B_24H);
	set(b, RTC_A, 0x76);
	pass(b, 5 * NS_PER_S);
	assert_int_equal(get(b, RTC_SECONDS), 0x58); /* stopped */
	set(b, RTC_CENTURY, 0x19);
	set(b, RTC_YEAR, 0x99);
	set(b, RTC_MONTH, 0x12);
	set(b, RTC_DAY, 0x31);
	set(b, RTC_DAY_OF_WEEK, 6);
	set(b, RTC_HOURS, 0x23);
	set(b, RTC_MINUTES, 0x59);
	set(b, RTC_SECONDS, 0x59);
	set(b, RTC_B, RTC_B_24H);
	assert_int_equal(get(b, RTC_SECONDS), 0x59);
	set(b, RTC_A, 0x26);
	/* The next second comes after a half. */
	pass(b, 499 * NS_PER_MS);
	expect_time(b, (u8[]){ 0x19, 0x99, 0x12, 0x31, 6, 0x23, 0x59, 0x59 });
	pass(b, NS_PER_MS);
	expect_time(b, (u8[]){ 0x20, 0x00, 0x01, 0x01, 7, 0x00, 0x00, 0x00 });
	/* The distance to the host's clock stays over a reset, and follows the host. */
	rtc_reset(&b->rtc);
	b->clock.realtime += 3600 * NS_PER_S;
	expect_time(b, (u8[]){ 0x20, 0x00, 0x01, 0x01, 7, 0x01, 0x00, 0x00 });
}

/* SeaBIOS sets the date without stopping the clock, the month before the day. */
static void a_date_may_pass_through_one_that_does_not_exist(void **state)
{
	struct bench *b = *state;

	set(b, RTC_MONTH, 0x01);
	set(b, RTC_DAY, 0x31);
	set(b, RTC_MONTH, 0x02);
	assert_int_equal(get(b, RTC_MONTH), 0x02);
	set(b, RTC_DAY, 0x14);
	pass(b, NS_PER_S);
	expect_time(b, (u8[]){ 0x20, 0x24, 0x02, 0x14, 4, 0x23, 0x59, 0x59 });
}

static void far_away_years_do_not_overflow(void **state)
{
	struct bench *b = *state;

	set(b, RTC_B, B_SET | RTC_B_24H);
	set(b, RTC_CENTURY, 0x99);
	set(b, RTC_YEAR, 0x99);
	set(b, RTC_B, RTC_B_24H);
	pass(b, NS_PER_S);
	assert_int_equal(get(b, RTC_CENTURY), 0x99);
	assert_int_equal(get(b, RTC_SECONDS), 0x59);
	set(b, RTC_CENTURY, 0x00);
	set(b, RTC_YEAR, 0x00);
	pass(b, NS_PER_S);
	assert_int_equal(get(b, RTC_CENTURY), 0x00);
}

static void update_interrupts_come_each_second(void **state)
{
	struct bench *b = *state;

	get(b, RTC_C);
	set(b, RTC_B, RTC_B_24H | B_UIE);
	pass(b, NS_PER_S - 1000);
	assert_false(b->irq.line.level);
	pass(b, 1000);
	assert_true(b->irq.line.level);
	assert_int_equal(get(b, RTC_C) & 0x90, 0x90);
	assert_false(b->irq.line.level);
	assert_int_equal(get(b, RTC_C), 0x00);
	pass(b, NS_PER_S);
	assert_int_equal(b->irq.rises, 2);
}

static void flags_are_told_without_interrupts(void **state)
{
	struct bench *b = *state;

	get(b, RTC_C);
	pass(b, NS_PER_S);
	/* An update, and the periodic tick, 1024 times, are one flag each. */
	assert_int_equal(get(b, RTC_C), 0x50);
	assert_int_equal(get(b, RTC_C), 0x00);
	assert_int_equal(b->irq.rises, 0);
}

static void set_alarm(struct bench *b, u8 h, u8 m, u8 s)
{
	set(b, RTC_HOURS_ALARM, h);
	set(b, RTC_MINUTES_ALARM, m);
	set(b, RTC_SECONDS_ALARM, s);
	get(b, RTC_C);
	set(b, RTC_B, RTC_B_24H | B_AIE);
}

static void the_alarm_matches(void **state)
{
	static const struct {
		u8 h, m, s;
		u64 after; /* seconds from 23:59:58; 0: never */
	} cases[] = {
		{ 0x23, 0x59, 0x59, 1 },
		{ 0x00, 0x00, 0x00, 2 },
		{ 0xff, 0xff, 0xff, 1 },
		{ 0xff, 0xff, 0x10, 12 },
		{ 0xc0, 0x01, 0x00, 62 },
		{ 0x23, 0x59, 0x58, 86400 },
		{ 0x24, 0x00, 0x00, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench *b;
		u64 after = cases[i].after;

		assert_int_equal(setup((void **)&b), 0);
		set_alarm(b, cases[i].h, cases[i].m, cases[i].s);
		pass(b, (after ? after - 1 : 86399) * NS_PER_S);
		assert_false(b->irq.line.level);
		pass(b, NS_PER_S);
		assert_int_equal(b->irq.line.level, after != 0);
		assert_int_equal(b->alarms, after ? 1 : 0);
		if (after)
			assert_int_equal(get(b, RTC_C) & 0xa0, 0xa0);
		teardown((void **)&b);
	}
}

static void an_alarm_during_a_sleep_of_the_host_is_not_lost(void **state)
{
	struct bench *b = *state;

	set_alarm(b, 0x00, 0x05, 0x00);
	/* Only the wall clock goes on. */
	b->clock.realtime += 3600 * NS_PER_S;
	pass(b, NS_PER_S);
	assert_true(b->irq.line.level);
}

static void a_host_clock_set_back_raises_nothing(void **state)
{
	struct bench *b = *state;

	get(b, RTC_C);
	set(b, RTC_B, RTC_B_24H | B_UIE);
	b->clock.realtime -= 3600 * NS_PER_S;
	assert_int_equal(get(b, RTC_HOURS), 0x22);
	assert_false(b->irq.line.level);
	pass(b, NS_PER_S);
	assert_true(b->irq.line.level);
}

/* Windows and old kernels count these: each must come once. */
static void periodic_ticks_come_at_their_rate(void **state)
{
	static const struct {
		u8 rate;
		unsigned hz;
	} cases[] = {
		{ 1, 256 },
		{ 2, 128 },
		{ 3, 8192 },
		{ 6, 1024 },
		{ 13, 8 },
		{ 15, 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct bench *b;

		assert_int_equal(setup((void **)&b), 0);
		set(b, RTC_A, 0x20 | cases[i].rate);
		get(b, RTC_C);
		set(b, RTC_B, RTC_B_24H | B_PIE);
		for (int quarter = 0; quarter < 400; quarter++) {
			pass(b, NS_PER_S / cases[i].hz / 4);
			if (b->irq.line.level)
				assert_int_equal(get(b, RTC_C) & 0xc0, 0xc0);
		}
		assert_in_range(b->irq.rises, 99, 100);
		set(b, RTC_A, 0x20);
		pass(b, 10 * NS_PER_S);
		assert_in_range(b->irq.rises, 99, 100);
		teardown((void **)&b);
	}
}

static void ticks_that_a_guest_missed_come_late(void **state)
{
	struct bench *b = *state;

	get(b, RTC_C);
	set(b, RTC_B, RTC_B_24H | B_PIE);
	pass(b, 20 * NS_PER_MS); /* 20 ticks, one told */
	assert_int_equal(b->irq.rises, 1);
	for (int i = 0; i < 400; i++) {
		get(b, RTC_C);
		pass(b, NS_PER_MS / 4);
	}
	/* 120 ms at 1024 Hz. */
	assert_in_range(b->irq.rises, 120, 124);
	/* A guest that sleeps for long gets no endless storm. */
	pass(b, 3600 * NS_PER_S);
	assert_true(b->rtc.owed <= 1024);
	set(b, RTC_B, RTC_B_24H);
	get(b, RTC_C);
	assert_false(b->irq.line.level);
}

static void an_interrupt_enabled_after_its_event_is_raised(void **state)
{
	struct bench *b = *state;

	get(b, RTC_C);
	pass(b, NS_PER_S);
	get(b, RTC_SECONDS);
	set(b, RTC_B, RTC_B_24H | B_UIE);
	assert_true(b->irq.line.level);
	set(b, RTC_B, RTC_B_24H);
	assert_false(b->irq.line.level);
}

static void memory_tells_the_machine(void **state)
{
	struct bench *b = *state;
	u16 sum = 0;

	assert_int_equal(get(b, 0x10), 0); /* no floppy drives */
	assert_int_equal(get(b, 0x15) | get(b, 0x16) << 8, 640);
	assert_int_equal(get(b, 0x17) | get(b, 0x18) << 8, 0xffff);
	assert_int_equal(get(b, 0x34) | get(b, 0x35) << 8, (2 * GIB - 16 * MIB) >> 16);
	assert_int_equal(get(b, 0x5b) | get(b, 0x5c) << 8 | get(b, 0x5d) << 16, 3 * GIB >> 16);
	assert_int_equal(get(b, 0x5f), 3);
	for (u8 i = 0x10; i <= 0x2d; i++)
		sum += get(b, i);
	assert_int_equal(get(b, 0x2e) << 8 | get(b, 0x2f), sum);
	/* The shutdown code is the guest's, and stays over a reset. */
	assert_int_equal(get(b, 0x0f), 0);
	set(b, 0x0f, 0x0a);
	rtc_reset(&b->rtc);
	assert_int_equal(get(b, 0x0f), 0x0a);
	/* Port 70 cannot be read, and the last byte is one of memory. */
	assert_int_equal(bus_read(&b->pio, RTC_PORT, 1), 0xff);
	set(b, 0x7f, 0x5a);
	assert_int_equal(get(b, 0x7f), 0x5a);
}

static void a_word_written_selects_and_writes(void **state)
{
	struct bench *b = *state;

	bus_write(&b->pio, RTC_PORT, 2, 0x4250);
	assert_int_equal(get(b, 0x50), 0x42);
	assert_int_equal(bus_read(&b->pio, RTC_PORT, 2), 0x42ff);
}

static void a_reset_silences_it(void **state)
{
	struct bench *b = *state;

	set(b, RTC_B, RTC_B_24H | B_UIE | B_PIE | B_AIE);
	pass(b, NS_PER_S);
	assert_true(b->irq.line.level);
	rtc_reset(&b->rtc);
	assert_false(b->irq.line.level);
	assert_int_equal(get(b, RTC_B), RTC_B_24H);
	pass(b, NS_PER_S);
	assert_false(b->irq.line.level);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_shows_the_hosts_time),
		cmocka_unit_test_setup_teardown(it_starts_with_local_time, setup_local, teardown),
		TEST(modes),
		cmocka_unit_test(every_day_of_400_years_is_told_and_understood),
		TEST(nonsense_in_the_registers_is_some_time),
		TEST(an_update_is_announced_and_over),
		TEST(linux_sets_the_time),
		TEST(a_date_may_pass_through_one_that_does_not_exist),
		TEST(far_away_years_do_not_overflow),
		TEST(update_interrupts_come_each_second),
		TEST(flags_are_told_without_interrupts),
		cmocka_unit_test(the_alarm_matches),
		TEST(an_alarm_during_a_sleep_of_the_host_is_not_lost),
		TEST(a_host_clock_set_back_raises_nothing),
		cmocka_unit_test(periodic_ticks_come_at_their_rate),
		TEST(ticks_that_a_guest_missed_come_late),
		TEST(an_interrupt_enabled_after_its_event_is_raised),
		TEST(memory_tells_the_machine),
		TEST(a_word_written_selects_and_writes),
		TEST(a_reset_silences_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
