// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The real-time clock with its CMOS memory. Its alarm is an event of the board's power management.
 */
#include "vm/dev/rtc.h"

#include "vm/devices/kinds.h"

struct clock_chip {
	struct rtc rtc;
	struct irq_pin irq;
};

static void on_alarm(void *owner)
{
	struct board *board = owner;

	pm_rtc_alarm(&board->pm);
}

static int attach(void *dev, const struct device_parts *parts, struct err *err)
{
	const struct rtc_config config = {
		.localtime = parts->config->rtc_localtime,
		.ram_low = ram_low_end(parts->ram),
		.ram_high = ram_high_end(parts->ram) - RAM_HIGH_START,
		.nr_cpus = topology_cpus(&parts->board->config->topology),
	};
	struct clock_chip *chip = dev;
	int ret;

	irq_pin_init(&chip->irq, parts->irq, RTC_IRQ);
	ret = rtc_open(&chip->rtc, &config, parts->pio, parts->loop, &chip->irq.line,
		&parts->board->lock, on_alarm, parts->board);
	return ret ? err_sys(err, -ret, "cannot make the clock") : 0;
}

static void reset(void *dev)
{
	rtc_reset(&((struct clock_chip *)dev)->rtc);
}

/* Firmware reads in the clock's memory that this start is a guest that wakes. */
static void wake(void *dev)
{
	reset(dev);
	rtc_set_shutdown_status(&((struct clock_chip *)dev)->rtc, RTC_SHUTDOWN_S3);
}

static void pause(void *dev)
{
	rtc_pause(&((struct clock_chip *)dev)->rtc);
}

static void resume(void *dev)
{
	rtc_resume(&((struct clock_chip *)dev)->rtc);
}

static void close(void *dev)
{
	rtc_close(&((struct clock_chip *)dev)->rtc);
}

const struct device_kind rtc_kind = {
	.name = "rtc",
	.size = sizeof(struct clock_chip),
	.attach = attach,
	.reset = reset,
	.wake = wake,
	.pause = pause,
	.resume = resume,
	.close = close,
};
