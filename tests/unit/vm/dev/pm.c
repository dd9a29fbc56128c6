// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/dev/pm.h"

#include <stdlib.h>

#include "fake.h"
#include "unit.h"

struct bench {
	struct fake_clock clock;
	struct loop loop;
	struct bus pio;
	struct pm pm;
	pthread_mutex_t lock;
	struct fake_line sci;
	unsigned offs, sleeps, wakes;
};

static void on_power_off(void *owner)
{
	((struct bench *)owner)->offs++;
}

static void on_sleep(void *owner)
{
	((struct bench *)owner)->sleeps++;
}

static void on_wake(void *owner)
{
	((struct bench *)owner)->wakes++;
}

static const struct pm_ops ops = { on_power_off, on_sleep, on_wake };

static int setup(void **state)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct err err = { 0 };

	fake_clock_init(&b->clock, 0);
	assert_int_equal(loop_open(&b->loop, &b->clock.clock, &err), 0);
	bus_open(&b->pio);
	pthread_mutex_init(&b->lock, NULL);
	fake_line_init(&b->sci);
	pm_open(&b->pm, &b->pio, &b->loop, &b->sci.line, &b->lock, &ops, b);
	assert_int_equal(pm_map(&b->pm, PM_BASE), 0);
	*state = b;
	return 0;
}

static int teardown(void **state)
{
	struct bench *b = *state;

	pm_close(&b->pm);
	bus_close(&b->pio);
	loop_close(&b->loop);
	pthread_mutex_destroy(&b->lock);
	free(b);
	return 0;
}

static u64 in(struct bench *b, unsigned reg, unsigned size)
{
	return bus_read(&b->pio, PM_BASE + reg, size);
}

static void out(struct bench *b, unsigned reg, unsigned size, u64 value)
{
	bus_write(&b->pio, PM_BASE + reg, size, value);
}

static void pass(struct bench *b, u64 ns)
{
	struct err err = { 0 };

	fake_clock_pass(&b->clock, ns);
	assert_int_equal(loop_step(&b->loop, 0, &err), 0);
}

/* Linux's acpi_pm looks whether the timer counts up, and at its rate against the PIT. */
static void the_timer_counts(void **state)
{
	struct bench *b = *state;
	u64 start = in(b, PM_TMR, 4);

	pass(b, NS_PER_S);
	assert_int_equal(in(b, PM_TMR, 4) - start, PM_TIMER_HZ);
	pass(b, 3 * NS_PER_S);
	assert_int_equal(in(b, PM_TMR, 4) - start, 4 * PM_TIMER_HZ);
	/* 24 bits, and the whole of them. */
	pass(b, NS_PER_S);
	assert_int_equal(in(b, PM_TMR, 4), (start + 5 * PM_TIMER_HZ) % (1 << 24));
	/* No drift after a month. */
	pass(b, 30ull * 86400 * NS_PER_S);
	assert_int_equal(in(b, PM_TMR, 4), (start + (30ull * 86400 + 5) * PM_TIMER_HZ) % (1 << 24));
	assert_int_equal(in(b, PM_TMR + 1, 1), in(b, PM_TMR, 4) >> 8 & 0xff);
	out(b, PM_TMR, 4, 0);
	assert_int_not_equal(in(b, PM_TMR, 4), 0);
}

static void the_timer_tells_of_each_half_turn(void **state)
{
	struct bench *b = *state;
	u64 half = (1ull << 23) * NS_PER_S / PM_TIMER_HZ + 1;

	pass(b, half - 1000);
	assert_int_equal(in(b, PM1_STS, 2), 0);
	pass(b, 2000);
	assert_int_equal(in(b, PM1_STS, 2), PM1_TMR);
	assert_false(b->sci.line.level);
	out(b, PM1_STS, 2, PM1_TMR);
	assert_int_equal(in(b, PM1_STS, 2), 0);
	/* Enabled, it interrupts by itself. */
	out(b, PM1_EN, 2, PM1_TMR);
	pass(b, half / 2);
	assert_false(b->sci.line.level);
	pass(b, half / 2 + 1000);
	assert_true(b->sci.line.level);
	out(b, PM1_STS, 2, PM1_TMR);
	assert_false(b->sci.line.level);
	pass(b, half + 1000);
	assert_true(b->sci.line.level);
	out(b, PM1_EN, 2, 0);
	assert_false(b->sci.line.level);
}

static void the_machine_is_in_acpi_mode(void **state)
{
	struct bench *b = *state;

	assert_int_equal(in(b, PM1_CNT, 4), PM1_SCI_EN);
	out(b, PM1_CNT, 2, 0);
	assert_int_equal(in(b, PM1_CNT, 2), PM1_SCI_EN);
	/* SeaBIOS would wait for an SMI. */
	assert_int_equal(in(b, PM_SMI_EN, 4) & BIT(5), BIT(5));
}

static void the_power_button_interrupts(void **state)
{
	struct bench *b = *state;

	out(b, PM1_EN, 2, PM1_PWRBTN | PM1_GBL);
	pm_power_button(&b->pm);
	assert_true(b->sci.line.level);
	assert_int_equal(in(b, PM1_STS, 2), PM1_PWRBTN);
	/* A write of other bits, or of half the register, leaves it. */
	out(b, PM1_STS, 1, 0xff);
	out(b, PM1_STS, 2, (u16)~PM1_PWRBTN);
	assert_true(b->sci.line.level);
	/* ACPICA clears with one write of 16 bits. */
	out(b, PM1_STS, 2, PM1_PWRBTN);
	assert_false(b->sci.line.level);
	/* Pressed while nobody listens, it is there for who enables it later. */
	out(b, PM1_EN, 2, 0);
	pm_power_button(&b->pm);
	assert_false(b->sci.line.level);
	out(b, PM1_EN, 2, PM1_PWRBTN);
	assert_true(b->sci.line.level);
	assert_int_equal(b->sci.rises, 2);
	pm_reset(&b->pm);
	assert_false(b->sci.line.level);
}

static void the_alarm_of_the_clock_is_an_event(void **state)
{
	struct bench *b = *state;

	out(b, PM1_EN, 2, PM1_RTC);
	pm_rtc_alarm(&b->pm);
	assert_int_equal(in(b, PM1_STS, 2), PM1_RTC);
	assert_true(b->sci.line.level);
}

static void sleep_type_0_switches_off(void **state)
{
	struct bench *b = *state;

	out(b, PM1_CNT, 2, 5 << 10 | PM1_SLP_EN);
	assert_int_equal(b->offs, 0);
	/* ACPICA writes the type first, then both. */
	out(b, PM1_CNT, 2, PM1_SCI_EN);
	assert_int_equal(b->offs, 0);
	out(b, PM1_CNT, 2, PM1_SCI_EN | PM1_SLP_EN);
	assert_int_equal(b->offs, 1);
	assert_int_equal(in(b, PM1_CNT, 2), PM1_SCI_EN);
	out(b, PM1_CNT + 1, 1, PM1_SLP_EN >> 8);
	assert_int_equal(b->offs, 2);
	out(b, PM1_CNT, 4, PM1_SLP_EN);
	assert_int_equal(b->offs, 3);
	/* The write that covers it from the register before it. */
	out(b, PM1_STS, 8, (u64)PM1_SLP_EN << 32);
	assert_int_equal(b->offs, 4);
	out(b, PM1_CNT, 1, 0xff);
	assert_int_equal(b->offs, 4);
}

static void sleep(struct bench *b, unsigned type)
{
	out(b, PM1_CNT, 2, PM1_SCI_EN | type << 10);
	out(b, PM1_CNT, 2, PM1_SCI_EN | PM1_SLP_EN | type << 10);
}

static void states_of_sleep_exist_if_they_are_allowed(void **state)
{
	struct bench *b = *state;

	sleep(b, 1);
	sleep(b, 2);
	assert_int_equal(b->sleeps + b->offs, 0);
	pm_allow_sleep(&b->pm, false, true);
	sleep(b, 1);
	assert_int_equal(b->sleeps, 0);
	sleep(b, 2);
	assert_int_equal(b->offs, 1);
	pm_allow_sleep(&b->pm, true, false);
	sleep(b, 2);
	assert_int_equal(b->offs, 1);
	sleep(b, 1);
	assert_int_equal(b->sleeps, 1);
	assert_true(pm_is_asleep(&b->pm));
}

/* ACPI 6.5, 4.8.3.1: the status of what has woken the guest, and that it has slept. */
static void what_wakes_is_told(void **state)
{
	struct bench *b = *state;

	pm_allow_sleep(&b->pm, true, false);
	pm_wake(&b->pm);
	assert_int_equal(b->wakes, 0);
	sleep(b, 1);
	/* The guest has not enabled the alarm. */
	pm_rtc_alarm(&b->pm);
	assert_int_equal(b->wakes, 0);
	pm_power_button(&b->pm);
	assert_int_equal(b->wakes, 1);
	pm_reset_to_wake(&b->pm);
	assert_false(pm_is_asleep(&b->pm));
	assert_int_equal(in(b, PM1_STS, 2), PM1_WAK | PM1_PWRBTN | PM1_RTC);
	assert_int_equal(in(b, PM1_EN, 2), 0);
	out(b, PM1_STS, 2, PM1_WAK | PM1_PWRBTN | PM1_RTC);
	assert_int_equal(in(b, PM1_STS, 2), 0);

	out(b, PM1_EN, 2, PM1_RTC);
	sleep(b, 1);
	pm_rtc_alarm(&b->pm);
	assert_int_equal(b->wakes, 2);
	pm_reset_to_wake(&b->pm);
	out(b, PM1_STS, 2, 0xffff);
	sleep(b, 1);
	pm_wake(&b->pm);
	assert_int_equal(b->wakes, 3);
	pm_reset_to_wake(&b->pm);
	assert_int_equal(in(b, PM1_STS, 2), PM1_WAK);
	pm_reset(&b->pm);
	assert_int_equal(in(b, PM1_STS, 2), 0);
}

/* The alarm may come between the guest's last look and its sleep. */
static void what_came_before_the_sleep_wakes_at_once(void **state)
{
	struct bench *b = *state;

	pm_allow_sleep(&b->pm, true, false);
	out(b, PM1_EN, 2, PM1_RTC);
	pm_rtc_alarm(&b->pm);
	sleep(b, 1);
	assert_int_equal(b->sleeps, 1);
	assert_int_equal(b->wakes, 1);
}

static void general_purpose_events_are_cleared_by_writing_one(void **state)
{
	struct bench *b = *state;

	out(b, PM_GPE0_EN, 4, 0x12345678);
	assert_int_equal(in(b, PM_GPE0_EN, 4), 0x12345678);
	out(b, PM_GPE0_STS, 4, ~0u);
	assert_int_equal(in(b, PM_GPE0_STS, 4), 0);
	assert_false(b->sci.line.level);
}

/* Linux's iTCO_wdt stops the watchdog, and clears states that a timeout would set. */
static void tco_is_storage_without_events(void **state)
{
	struct bench *b = *state;

	out(b, 0x68, 2, 0x0800);
	assert_int_equal(in(b, 0x68, 2), 0x0800);
	out(b, 0x64, 2, 0x0008);
	out(b, 0x66, 2, 0x0002);
	assert_int_equal(in(b, 0x64, 4), 0);
	out(b, 0x72, 2, 0x0123);
	assert_int_equal(in(b, 0x72, 2), 0x0123);
}

static void it_moves_with_everything(void **state)
{
	struct bench *b = *state;

	assert_int_equal(pm_map(&b->pm, 0xb000), 0);
	assert_int_equal(in(b, PM1_CNT, 4), 0xffffffff);
	assert_int_equal(in(b, PM_TMR, 4), 0xffffffff);
	assert_int_equal(bus_read(&b->pio, 0xb000 + PM1_CNT, 4), PM1_SCI_EN);
	assert_int_equal(bus_read(&b->pio, 0xb000 + PM_TMR, 4), 0);
	assert_int_equal(pm_map(&b->pm, 0), 0);
	assert_int_equal(bus_read(&b->pio, 0xb000 + PM1_CNT, 4), 0xffffffff);
}

static void reads_of_any_size_and_place_are_answered(void **state)
{
	struct bench *b = *state;

	for (unsigned size = 1; size <= 8; size *= 2)
		for (unsigned reg = 0; reg + size <= PM_PORTS; reg++) {
			out(b, reg, size, 0x5555555555555555ull);
			in(b, reg, size);
		}
	assert_int_equal(in(b, PM1_CNT, 1) & PM1_SCI_EN, PM1_SCI_EN);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_timer_counts),
		TEST(the_timer_tells_of_each_half_turn),
		TEST(the_machine_is_in_acpi_mode),
		TEST(the_power_button_interrupts),
		TEST(the_alarm_of_the_clock_is_an_event),
		TEST(sleep_type_0_switches_off),
		TEST(states_of_sleep_exist_if_they_are_allowed),
		TEST(what_wakes_is_told),
		TEST(what_came_before_the_sleep_wakes_at_once),
		TEST(general_purpose_events_are_cleared_by_writing_one),
		TEST(tco_is_storage_without_events),
		TEST(it_moves_with_everything),
		TEST(reads_of_any_size_and_place_are_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
