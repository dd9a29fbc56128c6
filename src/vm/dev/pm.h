/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The power management block of an ICH9 (Intel document 316972, 13.8; ACPI 6.5, 4.8): events
 * and their interrupt, the timer, sleep control, GPE0, SMI control and TCO as storage.
 *
 * Without SMM the machine is always in ACPI mode, nothing ever raises an SMI, and SMI_EN.APMC_EN is
 * set at reset, by which firmware knows. With SMM (pm_add_smm()) these are as on hardware; smi.h
 * has the port that raises SMIs. Sleep type 0 is off; 1 (S3) and 2 (S4) exist if pm_allow_sleep()
 * says so, and else are ignored.
 *
 * The machine owns the struct. @lock guards it and is held around the ports' callbacks, except the
 * timer's, which any number of vCPUs may read at the same time.
 */
#ifndef VM_DEV_PM_H
#define VM_DEV_PM_H

#include "base/loop.h"
#include "vm/bus/bus.h"
#include "vm/irq/line.h"

#define PM_BASE     0x600 /* the address that firmware and the ACPI tables use */
#define PM_PORTS    128
#define PM_SCI      9
#define PM_TIMER_HZ 3579545

/* Offsets in the block. */
#define PM1_STS      0x00
#define PM1_EN       0x02
#define PM1_CNT      0x04
#define PM_TMR       0x08
#define PM_GPE0_STS  0x20
#define PM_GPE0_EN   0x28
#define PM_GPE0_SIZE 8
#define PM_SMI_EN    0x30

/* Bits of PM1_STS and PM1_EN. */
#define PM1_TMR    BIT(0)
#define PM1_GBL    BIT(5)
#define PM1_PWRBTN BIT(8)
#define PM1_SLPBTN BIT(9)
#define PM1_RTC    BIT(10)
#define PM1_WAK    BIT(15)
/* Bits of SMI_EN, and of the status register behind it. */
#define PM_SMI_STS    0x34
#define PM_SMI_GBL_EN BIT(0)
#define PM_SMI_APMC   BIT(5)
/* Bits of PM1_CNT; the types of sleep are those of the objects _S3, _S4 and _S5 (vm/boot/acpi). */
#define PM1_SCI_EN BIT(0)
#define PM1_SLP_EN BIT(13)

struct pm_ops {
	/*
	 * Called when the guest switches the machine off (also for S4, when its memory is on a
	 * disk), with the lock held, on a vCPU's thread.
	 */
	void (*power_off)(void *owner);
	/* The guest sleeps (S3). Called as power_off() is. */
	void (*sleep)(void *owner);
	/* Something wakes the guest that sleeps. Called with the lock held, on any thread. */
	void (*wake)(void *owner);
};

struct pm {
	struct bus *pio;
	struct loop *loop;
	pthread_mutex_t *lock;
	struct irq_line *sci;
	const struct pm_ops *ops;
	void *owner;

	struct bus_region ports;
	struct bus_region timer_port;
	bool mapped;
	bool smm;        /* the machine has SMM */
	bool smi_locked; /* SMI_EN keeps its bit GBL_SMI_EN */
	bool s3, s4;     /* these states of sleep exist */
	bool asleep;     /* in S3, until pm_reset() */
	u64 start;       /* the time in ns at which the timer was 0 */
	u64 half;        /* half periods of the timer that PM1_STS.TMR has reported */
	struct loop_timer turn;
	u8 regs[PM_PORTS];
};

/* The block is not mapped until pm_map() is called. */
void pm_open(struct pm *pm, struct bus *pio, struct loop *loop, struct irq_line *sci,
	pthread_mutex_t *lock, const struct pm_ops *ops, void *owner);
void pm_close(struct pm *pm);
/* The machine has SMM. Call it before the guest runs. */
void pm_add_smm(struct pm *pm);
/* Which states of sleep there are, besides off. Call it before the guest runs. */
void pm_allow_sleep(struct pm *pm, bool s3, bool s4);
/* Sets the state after power-on; the block stays mapped. Call it without the lock. */
void pm_reset(struct pm *pm);
/*
 * The same, for a guest that wakes from S3: PM1_STS says so, and keeps what has woken it. Call it
 * without the lock.
 */
void pm_reset_to_wake(struct pm *pm);

/* Maps the block at @base, a multiple of PM_PORTS; 0 unmaps it. Call it without the lock. */
int pm_map(struct pm *pm, u16 base);

/* Whether writes to SMI_EN.GBL_SMI_EN are ignored. Any thread, with or without the lock. */
void pm_lock_smi(struct pm *pm, bool locked);

/* What a machine with SMM is asked for through smi.h; with the lock held. */
void pm_set_acpi(struct pm *pm, bool on);
/* Notes the cause of an SMI in SMI_STS; returns whether SMI_EN permits it. */
bool pm_take_smi(struct pm *pm);

/*
 * Presses the power button, which asks the operating system to shut down, or wakes it if it
 * sleeps. Any thread.
 */
void pm_power_button(struct pm *pm);
/* Presses the button for sleep, which asks the operating system to sleep. Any thread. */
void pm_sleep_button(struct pm *pm);
/* Signals the real-time clock's alarm, which wakes a guest that has enabled it. Any thread. */
void pm_rtc_alarm(struct pm *pm);
/* Whether the guest is in S3. Any thread, with or without the lock. */
bool pm_is_asleep(const struct pm *pm);
/* Wakes a guest that sleeps, by nothing that PM1_STS names: a key. Any thread, without the lock. */
void pm_wake(struct pm *pm);

#endif
