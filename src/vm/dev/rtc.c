// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/dev/rtc.h"

#include <time.h>

#include "vm/dev/rtc_memory.h"

#define A_UIP     0x80
#define A_DIVIDER 0x60 /* both set: the divider is held in reset */
#define A_RATE    0x0f
#define A_DEFAULT 0x26 /* 32.768 kHz, ticks at 1024 Hz */
#define B_SET     0x80
#define B_ENABLES 0x70 /* same bit positions as the flags in register C */
#define B_SQWE    0x08
#define C_IRQ     0x80
#define C_TICK    0x40
#define C_ALARM   0x20
#define C_UPDATE  0x10
#define D_VALID   0x80 /* OVMF's RTC driver fails without it */

/* UIP is set this long before an update (data sheet, figure 17), and cleared by the update. */
#define UPDATE_WARNING_NS 244000
#define CRYSTAL_HZ        32768
/* The maximum number of ticks that a slow guest gets late; further ones are lost. */
#define OWED_MAX        1024
#define SECONDS_PER_DAY 86400
/* The first update comes half a second after the divider's reset ends. */
#define DIVIDER_START_NS (NS_PER_S / 2)

struct moment {
	s64 second;
	u64 part; /* ns */
};

static struct moment guest_now(const struct rtc *rtc)
{
	u64 ns = clock_realtime(rtc->loop->clock) + rtc->offset_ns;

	return (struct moment){ (s64)(ns / NS_PER_S) + rtc->offset_s, ns % NS_PER_S };
}

static bool runs(const struct rtc *rtc)
{
	return !(rtc->cmos[RTC_B] & B_SET) && (rtc->cmos[RTC_A] & A_DIVIDER) != A_DIVIDER;
}

static u64 tick_period(const struct rtc *rtc)
{
	unsigned rate = rtc->cmos[RTC_A] & A_RATE;

	if (!rate || (rtc->cmos[RTC_A] & A_DIVIDER) == A_DIVIDER)
		return 0;
	/* Rates 1 and 2 stand for 256 and 128 Hz with this crystal. */
	if (rate <= 2)
		rate += 7;
	return (NS_PER_S << (rate - 1)) / CRYSTAL_HZ;
}

static void set_flag(struct rtc *rtc, u8 flag)
{
	u8 flags = (rtc->cmos[RTC_C] | flag) & ~C_IRQ;

	if (flags & rtc->cmos[RTC_B] & B_ENABLES)
		flags |= C_IRQ;
	rtc->cmos[RTC_C] = flags;
	irq_line_set(rtc->irq, flags & C_IRQ);
}

static bool ticks_interrupt(const struct rtc *rtc)
{
	return rtc->cmos[RTC_B] & C_TICK;
}

static void tell_ticks(struct rtc *rtc, u64 now)
{
	u64 period = tick_period(rtc), missed;

	if (!period || now < rtc->next_tick)
		missed = 0;
	else
		missed = (now - rtc->next_tick) / period + 1;
	rtc->next_tick += missed * period;
	/*
	 * If the interrupt is enabled, the guest gets every missed tick, one after the other.
	 * Otherwise only the flag is set.
	 */
	if (!ticks_interrupt(rtc)) {
		if (missed)
			set_flag(rtc, C_TICK);
		return;
	}
	rtc->owed = missed < OWED_MAX - rtc->owed ? rtc->owed + (unsigned)missed : OWED_MAX;
	if (rtc->owed && !(rtc->cmos[RTC_C] & C_TICK)) {
		rtc->owed--;
		set_flag(rtc, C_TICK);
	}
}

static void tell_seconds(struct rtc *rtc)
{
	s64 now = guest_now(rtc).second;

	if (!runs(rtc))
		return;
	/*
	 * The host's clock may be set forwards or backwards. Looking back one day catches every
	 * alarm.
	 */
	if (now < rtc->seen)
		rtc->seen = now;
	if (now - rtc->seen > SECONDS_PER_DAY)
		rtc->seen = now - SECONDS_PER_DAY;
	while (rtc->seen < now) {
		rtc->seen++;
		set_flag(rtc, C_UPDATE);
		if (!rtc_time_alarm(rtc->cmos, rtc->seen))
			continue;
		set_flag(rtc, C_ALARM);
		if ((rtc->cmos[RTC_B] & C_ALARM) && rtc->alarm.run)
			loop_post(rtc->loop, &rtc->alarm);
	}
}

/*
 * Sets the timer for events whose interrupt is enabled. The flags of others are updated when the
 * guest reads them.
 */
static void arm(struct rtc *rtc, u64 now)
{
	u8 enabled = rtc->cmos[RTC_B];
	u64 period = tick_period(rtc);
	u64 deadline = ~0ull;

	if ((enabled & C_TICK) && period) {
		deadline = rtc->next_tick;
		if (rtc->owed && !(rtc->cmos[RTC_C] & C_TICK) && now + period / 4 < deadline)
			deadline = now + period / 4;
	}
	if ((enabled & (C_ALARM | C_UPDATE)) && runs(rtc)) {
		u64 second = now + NS_PER_S - guest_now(rtc).part;

		if (second < deadline)
			deadline = second;
	}
	if (deadline == ~0ull)
		loop_timer_cancel(rtc->loop, &rtc->timer);
	else
		loop_timer_set(rtc->loop, &rtc->timer, deadline);
}

static void expired(void *owner)
{
	struct rtc *rtc = owner;
	u64 now;

	pthread_mutex_lock(rtc->lock);
	now = clock_monotonic(rtc->loop->clock);
	tell_ticks(rtc, now);
	tell_seconds(rtc);
	arm(rtc, now);
	pthread_mutex_unlock(rtc->lock);
}

/*
 * Updates the time registers once a second. Until then they keep what the guest wrote, so that it
 * can set a date register by register without stopping the clock.
 */
static void look(struct rtc *rtc)
{
	s64 now = guest_now(rtc).second;

	if (!runs(rtc) || now == rtc->shown)
		return;
	rtc->shown = now;
	rtc_time_encode(rtc->cmos, now);
}

/* Sets the clock to the time in the registers. The fraction of the second is kept. */
static void set_time(struct rtc *rtc)
{
	struct moment now = guest_now(rtc);
	u64 part = rtc->divider_was_reset ? DIVIDER_START_NS : now.part;

	rtc->divider_was_reset = false;
	rtc->seen = rtc->shown = rtc_time_decode(rtc->cmos);
	rtc->offset_s += rtc->seen - now.second;
	rtc->offset_ns += part + NS_PER_S - now.part;
	rtc->offset_s += (s64)(rtc->offset_ns / NS_PER_S) - 1;
	rtc->offset_ns %= NS_PER_S;
}

/* Handles a write to register A or B, which may stop or start the clock. */
static void control(struct rtc *rtc, u8 reg, u8 value)
{
	u64 period = tick_period(rtc);
	bool ran = runs(rtc);

	look(rtc);
	rtc->cmos[reg] = value;
	if ((rtc->cmos[RTC_A] & A_DIVIDER) == A_DIVIDER)
		rtc->divider_was_reset = true;
	if (!ran && runs(rtc))
		set_time(rtc);
	else
		rtc->shown--; /* the format (BCD or binary, 12 or 24 hours) may have changed */
	if (period != tick_period(rtc)) {
		rtc->next_tick = clock_monotonic(rtc->loop->clock) + tick_period(rtc);
		rtc->owed = 0;
	}
	/* A flag that was pending before its interrupt was enabled raises it now. */
	set_flag(rtc, 0);
}

static u8 read_flags(struct rtc *rtc)
{
	u8 flags = rtc->cmos[RTC_C];

	rtc->cmos[RTC_C] = 0;
	irq_line_set(rtc->irq, false);
	return flags;
}

static bool is_updating(const struct rtc *rtc)
{
	return runs(rtc) && guest_now(rtc).part >= NS_PER_S - UPDATE_WARNING_NS;
}

static u8 read_register(struct rtc *rtc)
{
	switch (rtc->index) {
	case RTC_A:
		return rtc->cmos[RTC_A] | (is_updating(rtc) ? A_UIP : 0);
	case RTC_C:
		return read_flags(rtc);
	case RTC_SECONDS:
	case RTC_MINUTES:
	case RTC_HOURS:
	case RTC_DAY_OF_WEEK ... RTC_YEAR:
	case RTC_CENTURY:
		look(rtc);
		break;
	}
	return rtc->cmos[rtc->index];
}

static void write_register(struct rtc *rtc, u8 value)
{
	switch (rtc->index) {
	case RTC_A:
		control(rtc, RTC_A, value & ~A_UIP);
		break;
	case RTC_B:
		/* SET disables update interrupts (data sheet, register B). */
		control(rtc, RTC_B, value & B_SET ? value & ~C_UPDATE : value);
		break;
	case RTC_C:
	case RTC_D:
		break;
	case RTC_SECONDS:
	case RTC_MINUTES:
	case RTC_HOURS:
	case RTC_DAY_OF_WEEK ... RTC_YEAR:
	case RTC_CENTURY:
		look(rtc);
		rtc->cmos[rtc->index] = value;
		if (runs(rtc))
			set_time(rtc);
		break;
	default:
		rtc->cmos[rtc->index] = value;
	}
}

/*
 * Signals what came due meanwhile. Periodic ticks with their interrupt enabled are left to the
 * timer: see OWED_MAX.
 */
static void catch_up(struct rtc *rtc, u64 now)
{
	if (!ticks_interrupt(rtc))
		tell_ticks(rtc, now);
	tell_seconds(rtc);
}

/* Port 70h is write-only. */
static u64 rtc_read(void *owner, u64 offset, unsigned size)
{
	struct rtc *rtc = owner;
	u64 now = clock_monotonic(rtc->loop->clock);
	u64 value;

	if (!offset && size == 1)
		return 0xff;
	catch_up(rtc, now);
	value = read_register(rtc);
	arm(rtc, now);
	return offset ? value : value << 8 | 0xff;
}

static void rtc_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct rtc *rtc = owner;
	u64 now = clock_monotonic(rtc->loop->clock);

	if (!offset)
		rtc->index = value & (RTC_SIZE - 1);
	if (!offset && size == 1)
		return;
	catch_up(rtc, now);
	write_register(rtc, (u8)(offset ? value : value >> 8));
	arm(rtc, now);
}

static const struct bus_ops rtc_ops = { rtc_read, rtc_write };

static s64 local_offset(const struct loop *loop)
{
	time_t now = (time_t)(clock_realtime(loop->clock) / NS_PER_S);
	struct tm tm;

	return localtime_r(&now, &tm) ? tm.tm_gmtoff : 0;
}

int rtc_open(struct rtc *rtc, const struct rtc_config *config, struct bus *pio, struct loop *loop,
	struct irq_line *irq, pthread_mutex_t *lock, void (*alarm)(void *owner), void *owner)
{
	*rtc = (struct rtc){
		.pio = pio,
		.loop = loop,
		.lock = lock,
		.irq = irq,
		.alarm = { .run = alarm, .owner = owner },
		.timer = { .expired = expired, .owner = rtc },
		.offset_s = config->localtime ? local_offset(loop) : 0,
		.region = {
			.name = "real-time clock",
			.range = { RTC_PORT, 2 },
			.rank = FLAT_RANK_PLATFORM,
			.ops = &rtc_ops,
			.owner = rtc,
			.lock = lock,
		},
	};
	rtc_memory_fill(rtc->cmos, config);
	rtc->cmos[RTC_A] = A_DEFAULT;
	rtc->cmos[RTC_B] = RTC_B_24H;
	rtc->cmos[RTC_D] = D_VALID;
	rtc->seen = guest_now(rtc).second;
	rtc->shown = rtc->seen - 1;
	rtc->next_tick = clock_monotonic(loop->clock) + tick_period(rtc);
	return bus_add(pio, &rtc->region);
}

void rtc_close(struct rtc *rtc)
{
	if (!rtc->pio)
		return;
	bus_remove(rtc->pio, &rtc->region);
	loop_timer_cancel(rtc->loop, &rtc->timer);
	loop_unpost(rtc->loop, &rtc->alarm);
	rtc->pio = NULL;
}

void rtc_pause(struct rtc *rtc)
{
	pthread_mutex_lock(rtc->lock);
	loop_timer_cancel(rtc->loop, &rtc->timer);
	pthread_mutex_unlock(rtc->lock);
}

void rtc_resume(struct rtc *rtc)
{
	u64 now = clock_monotonic(rtc->loop->clock);

	pthread_mutex_lock(rtc->lock);
	catch_up(rtc, now);
	arm(rtc, now);
	pthread_mutex_unlock(rtc->lock);
}

void rtc_set_shutdown_status(struct rtc *rtc, u8 status)
{
	pthread_mutex_lock(rtc->lock);
	rtc->cmos[RTC_SHUTDOWN_STATUS] = status;
	pthread_mutex_unlock(rtc->lock);
}

void rtc_reset(struct rtc *rtc)
{
	pthread_mutex_lock(rtc->lock);
	control(rtc, RTC_B, rtc->cmos[RTC_B] & ~(B_ENABLES | B_SQWE));
	read_flags(rtc);
	rtc->owed = 0;
	loop_timer_cancel(rtc->loop, &rtc->timer);
	pthread_mutex_unlock(rtc->lock);
}
