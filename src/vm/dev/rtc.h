/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real-time clock (Motorola MC146818A data sheet) with its 128 bytes of CMOS memory, at ports
 * 70h and 71h, on IRQ 8.
 *
 * It follows the host's clock with an offset that changes when the guest sets the time. Its memory
 * holds what firmware reads in a PC's CMOS. Bit 7 of port 70h masks NMIs on a PC; here it is
 * ignored.
 *
 * The machine owns the struct. @lock guards it and is held around the ports' callbacks; timers run
 * on the loop's thread and take it.
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
	bool localtime; /* the guest's clock starts with local time; false: with UTC */
	u64 ram_low;    /* bytes of RAM below 4 GiB */
	u64 ram_high;   /* bytes of RAM above 4 GiB */
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
	u8 cmos[RTC_SIZE]; /* the time registers hold the second @shown, or what the guest wrote */
	s64 shown;
	/* What the guest's clock is ahead of the host's; @offset_ns is below a second. */
	s64 offset_s;
	u64 offset_ns;
	s64 seen; /* the guest's second up to which updates and alarms have been signalled */
	bool divider_was_reset;
	u64 next_tick; /* monotonic ns of the next periodic tick */
	unsigned owed; /* periodic ticks to deliver once the guest has read register C */
	struct loop_timer timer;
};

/*
 * @alarm: called on the loop's thread when an alarm with its interrupt enabled goes off. May be
 * NULL.
 */
int rtc_open(struct rtc *rtc, const struct rtc_config *config, struct bus *pio, struct loop *loop,
	struct irq_line *irq, pthread_mutex_t *lock, void (*alarm)(void *owner), void *owner);
void rtc_close(struct rtc *rtc);
/*
 * Between the two no timer runs. rtc_resume() signals what came due meanwhile, as far as a real
 * chip would.
 */
void rtc_pause(struct rtc *rtc);
void rtc_resume(struct rtc *rtc);
/*
 * The shutdown status byte in the memory, which tells firmware why a processor was reset. Its value
 * for S3 is a convention of QEMU's, which SeaBIOS and OVMF follow. Call it without the lock.
 */
#define RTC_SHUTDOWN_STATUS 0x0f
#define RTC_SHUTDOWN_S3     0xfe
void rtc_set_shutdown_status(struct rtc *rtc, u8 status);
/* Pulls the chip's reset line: interrupts are disabled, the time and the memory stay. */
void rtc_reset(struct rtc *rtc);

#endif
