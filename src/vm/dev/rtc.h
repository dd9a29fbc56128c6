/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real-time clock (Motorola MC146818A data sheet) with its 128 bytes of CMOS memory, at
 * ports 70 and 71, on IRQ 8.
 *
 * It follows the host's clock at a distance that the guest changes by setting it. It holds
 * what firmware asks a PC's CMOS for. Bit 7 of port 70 masks NMIs on a PC; here it is dropped.
 *
 * The struct is the machine's. @lock guards it and is held around the ports' callbacks; timers
 * run on the loop's thread and take it.
 */
#ifndef VM_DEV_RTC_H
#define VM_DEV_RTC_H

#include "base/loop.h"
#include "vm/bus/bus.h"
#include "vm/dev/rtc_time.h"
#include "vm/irq/line.h"

#define RTC_PORT 0x70
#define RTC_IRQ  8
#define RTC_SIZE 128

struct rtc_config {
	bool localtime; /* what the guest's clock shows at the start, else UTC */
	u64 ram_low;    /* bytes of RAM below 4 GiB */
	u64 ram_high;   /* and above */
	unsigned nr_cpus;
};

struct rtc {
	struct bus *pio;
	struct loop *loop;
	struct bus_region region;
	pthread_mutex_t *lock;
	struct irq_line *irq;
	struct loop_work alarm;

	u8 index;
	u8 cmos[RTC_SIZE]; /* the time registers hold second @shown, or what the guest set */
	s64 shown;
	/* From the host's clock to the guest's; ns below a second. */
	s64 offset_s;
	u64 offset_ns;
	s64 seen; /* the guest's second up to which updates and alarms are told */
	bool divider_was_reset;
	u64 next_tick; /* monotonic ns of the next periodic tick */
	unsigned owed; /* periodic ticks that wait for the guest to read register C */
	struct loop_timer timer;
};

/* @alarm: an alarm with its interrupt enabled went off; on the loop's thread. May be NULL. */
int rtc_open(struct rtc *rtc, const struct rtc_config *config, struct bus *pio, struct loop *loop,
	struct irq_line *irq, pthread_mutex_t *lock, void (*alarm)(void *owner), void *owner);
void rtc_close(struct rtc *rtc);
/* No timer runs in between; afterwards what came due is made up for as far as a chip would. */
void rtc_pause(struct rtc *rtc);
void rtc_resume(struct rtc *rtc);
/* The reset line of the chip: interrupts go off, the time and the memory stay. */
void rtc_reset(struct rtc *rtc);

#endif
