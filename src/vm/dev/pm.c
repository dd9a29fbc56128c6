// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/dev/pm.h"

#include <string.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/range.h"

#define TIMER_BITS    24
#define TIMER_MASK    (BIT(TIMER_BITS) - 1)
#define TIMER_SIZE    4
#define SLP_TYP_SHIFT 10
#define SLP_TYP_MASK  7
#define SLP_TYP_OFF   0 /* as _S5 says */
#define SLP_TYP_S3    1
#define SLP_TYP_S4    2
#define TCO1_STS      0x64
#define TCO2_STS      0x66

/* For each register: the bits that a write stores, and those that writing 1 clears. */
static const struct {
	u8 offset;
	u8 size;
	u64 writable;
	u64 write1clear;
} masks[] = {
	{ PM1_STS, 2, 0, 0xcf31 },
	{ PM1_EN, 2, PM1_TMR | PM1_GBL | PM1_PWRBTN | PM1_SLPBTN | PM1_RTC | BIT(14), 0 },
	{ PM1_CNT, 4, PM1_SCI_EN | BIT(1) | SLP_TYP_MASK << SLP_TYP_SHIFT, 0 },
	{ PM_GPE0_STS, PM_GPE0_SIZE, 0, ~0ull },
	{ PM_GPE0_EN, PM_GPE0_SIZE, ~0ull, 0 },
	{ PM_SMI_EN, 4, ~0u, 0 },
	{ PM_SMI_STS, 4, 0, ~0u },
	{ 0x60, 4, ~0u, 0 },
	{ TCO1_STS, 4, 0, ~0u },
	{ 0x68, 8, ~0ull, 0 },
	{ 0x70, 8, ~0ull, 0 },
};

/* Ticks since the timer was 0, not cut to the timer's width. */
static u64 ticks(const struct pm *pm)
{
	u64 ns = clock_monotonic(pm->loop->clock) - pm->start;

	/* In two parts, so that the product does not overflow. */
	return ns / NS_PER_S * PM_TIMER_HZ + ns % NS_PER_S * PM_TIMER_HZ / NS_PER_S;
}

static u64 half_turns(const struct pm *pm)
{
	return ticks(pm) >> (TIMER_BITS - 1);
}

/* Sets PM1_STS.TMR if the highest bit of the timer has changed. */
static void update_status(struct pm *pm)
{
	if (half_turns(pm) != pm->half)
		pm->regs[PM1_STS] |= PM1_TMR;
}

static void arm_turn(struct pm *pm)
{
	u64 next = ((half_turns(pm) + 1) << (TIMER_BITS - 1)) + 1;
	u64 ns = next / PM_TIMER_HZ * NS_PER_S + next % PM_TIMER_HZ * NS_PER_S / PM_TIMER_HZ;

	if (pm->regs[PM1_EN] & PM1_TMR)
		loop_timer_set(pm->loop, &pm->turn, pm->start + ns + 1);
	else
		loop_timer_cancel(pm->loop, &pm->turn);
}

static void update_sci(struct pm *pm)
{
	const u8 *regs = pm->regs;
	bool level = get_le16(regs + PM1_STS) & get_le16(regs + PM1_EN);

	level |= (get_le64(regs + PM_GPE0_STS) & get_le64(regs + PM_GPE0_EN)) != 0;
	irq_line_set(pm->sci, level && regs[PM1_CNT] & PM1_SCI_EN);
}

/*
 * Whether an event is pending that wakes a sleeping guest: one that the guest has enabled, or the
 * power button, which needs no enabling (ACPI 6.5, 4.8.3.2.1 and 16.3).
 */
static bool must_wake(const struct pm *pm)
{
	u16 status = get_le16(pm->regs + PM1_STS), enabled = get_le16(pm->regs + PM1_EN);

	return status & (PM1_PWRBTN | (enabled & PM1_RTC));
}

static void enter_sleep(struct pm *pm)
{
	unsigned type = get_le32(pm->regs + PM1_CNT) >> SLP_TYP_SHIFT & SLP_TYP_MASK;

	if (type == SLP_TYP_OFF || (type == SLP_TYP_S4 && pm->s4)) {
		pm->ops->power_off(pm->owner);
	} else if (type == SLP_TYP_S3 && pm->s3) {
		__atomic_store_n(&pm->asleep, true, __ATOMIC_RELEASE);
		pm->ops->sleep(pm->owner);
		if (must_wake(pm))
			pm->ops->wake(pm->owner);
	} else {
		log_guest("the guest asks for sleep type %u, which does not exist", type);
	}
}

static void store(struct pm *pm, u64 offset, unsigned size, u64 value)
{
	for (unsigned i = 0; i < ARRAY_SIZE(masks); i++)
		for (unsigned byte = 0; byte < masks[i].size; byte++) {
			unsigned at = masks[i].offset + byte;
			u8 writable = (u8)(masks[i].writable >> (8 * byte));
			u8 clear = (u8)(masks[i].write1clear >> (8 * byte));
			u8 v;

			if (!range_touches((struct range){ at, 1 }, offset, size))
				continue;
			v = (u8)(value >> (8 * (at - offset)));
			pm->regs[at] = (u8)((pm->regs[at] & ~writable) | (v & writable));
			pm->regs[at] &= (u8) ~(v & clear);
		}
}

/* Writes, except to what the guest may not change. */
static void store_permitted(struct pm *pm, u64 offset, unsigned size, u64 value)
{
	u8 global = pm->regs[PM_SMI_EN] & PM_SMI_GBL_EN;

	store(pm, offset, size, value);
	if (!pm->smm)
		pm->regs[PM1_CNT] |= PM1_SCI_EN;
	if (__atomic_load_n(&pm->smi_locked, __ATOMIC_RELAXED))
		pm->regs[PM_SMI_EN] = (u8)((pm->regs[PM_SMI_EN] & ~PM_SMI_GBL_EN) | global);
}

static u64 pm_read(void *owner, u64 offset, unsigned size)
{
	struct pm *pm = owner;

	update_status(pm);
	return get_le(pm->regs + offset, size);
}

static void pm_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct pm *pm = owner;
	bool timer_told;

	update_status(pm);
	timer_told = pm->regs[PM1_STS] & PM1_TMR;
	store_permitted(pm, offset, size, value);
	if (timer_told && !(pm->regs[PM1_STS] & PM1_TMR))
		pm->half = half_turns(pm);
	if (range_touches((struct range){ PM1_EN, 1 }, offset, size))
		arm_turn(pm);
	update_sci(pm);
	if (range_touches((struct range){ PM1_CNT + 1, 1 }, offset, size) &&
		(value >> (8 * (PM1_CNT + 1 - offset)) & PM1_SLP_EN >> 8))
		enter_sleep(pm);
}

static u64 timer_read(void *owner, u64 offset, unsigned size)
{
	return (ticks(owner) & TIMER_MASK) >> (8 * offset);
}

static void timer_write(void *owner, u64 offset, unsigned size, u64 value)
{
	log_guest("write to the power management timer");
}

static const struct bus_ops pm_ports = { pm_read, pm_write };
static const struct bus_ops pm_timer = { timer_read, timer_write };

static void turned(void *owner)
{
	struct pm *pm = owner;

	pthread_mutex_lock(pm->lock);
	update_status(pm);
	arm_turn(pm);
	update_sci(pm);
	pthread_mutex_unlock(pm->lock);
}

static void set_defaults(struct pm *pm)
{
	memset(pm->regs, 0, sizeof(pm->regs));
	if (!pm->smm) {
		put_le32(pm->regs + PM1_CNT, PM1_SCI_EN);
		put_le32(pm->regs + PM_SMI_EN, PM_SMI_APMC);
	}
	pm->half = half_turns(pm);
}

void pm_open(struct pm *pm, struct bus *pio, struct loop *loop, struct irq_line *sci,
	pthread_mutex_t *lock, const struct pm_ops *ops, void *owner)
{
	*pm = (struct pm){
		.pio = pio,
		.loop = loop,
		.lock = lock,
		.sci = sci,
		.ops = ops,
		.owner = owner,
		.turn = { .expired = turned, .owner = pm },
		.start = clock_monotonic(loop->clock),
	};
	set_defaults(pm);
}

void pm_allow_sleep(struct pm *pm, bool s3, bool s4)
{
	pm->s3 = s3;
	pm->s4 = s4;
}

void pm_add_smm(struct pm *pm)
{
	pm->smm = true;
	set_defaults(pm);
}

static void unmap(struct pm *pm)
{
	bus_remove(pm->pio, &pm->timer_port);
	bus_remove(pm->pio, &pm->ports);
}

void pm_close(struct pm *pm)
{
	if (!pm->pio)
		return;
	unmap(pm);
	loop_timer_cancel(pm->loop, &pm->turn);
	pm->pio = NULL;
}

static void reset(struct pm *pm, u16 status)
{
	pthread_mutex_lock(pm->lock);
	status &= get_le16(pm->regs + PM1_STS) | PM1_WAK;
	set_defaults(pm);
	put_le16(pm->regs + PM1_STS, status);
	__atomic_store_n(&pm->asleep, false, __ATOMIC_RELEASE);
	arm_turn(pm);
	update_sci(pm);
	pthread_mutex_unlock(pm->lock);
}

void pm_reset(struct pm *pm)
{
	reset(pm, 0);
}

void pm_reset_to_wake(struct pm *pm)
{
	reset(pm, PM1_WAK | PM1_PWRBTN | PM1_RTC);
}

int pm_map(struct pm *pm, u16 base)
{
	int ret;

	unmap(pm);
	if (!base)
		return 0;
	pm->timer_port = (struct bus_region){
		.name = "power management timer",
		.range = { base + PM_TMR, TIMER_SIZE },
		.rank = FLAT_RANK_PLATFORM,
		.ops = &pm_timer,
		.owner = pm,
	};
	pm->ports = (struct bus_region){
		.name = "power management",
		.range = { base, PM_PORTS },
		.rank = FLAT_RANK_PLATFORM,
		.ops = &pm_ports,
		.owner = pm,
		.lock = pm->lock,
	};
	/* First the timer, which lies within the block and takes precedence there. */
	ret = bus_add(pm->pio, &pm->timer_port);
	if (!ret)
		ret = bus_add(pm->pio, &pm->ports);
	return ret;
}

void pm_lock_smi(struct pm *pm, bool locked)
{
	__atomic_store_n(&pm->smi_locked, locked, __ATOMIC_RELAXED);
}

void pm_set_acpi(struct pm *pm, bool on)
{
	pm->regs[PM1_CNT] = (u8)((pm->regs[PM1_CNT] & ~PM1_SCI_EN) | (on ? PM1_SCI_EN : 0));
	update_sci(pm);
}

bool pm_take_smi(struct pm *pm)
{
	const u32 needed = PM_SMI_GBL_EN | PM_SMI_APMC;

	if (!pm->smm || (get_le32(pm->regs + PM_SMI_EN) & needed) != needed)
		return false;
	pm->regs[PM_SMI_STS] |= PM_SMI_APMC;
	return true;
}

static void raise_event(struct pm *pm, u16 bit)
{
	pthread_mutex_lock(pm->lock);
	put_le16(pm->regs + PM1_STS, get_le16(pm->regs + PM1_STS) | bit);
	update_sci(pm);
	if (pm->asleep && must_wake(pm))
		pm->ops->wake(pm->owner);
	pthread_mutex_unlock(pm->lock);
}

void pm_power_button(struct pm *pm)
{
	raise_event(pm, PM1_PWRBTN);
}

void pm_sleep_button(struct pm *pm)
{
	raise_event(pm, PM1_SLPBTN);
}

void pm_rtc_alarm(struct pm *pm)
{
	raise_event(pm, PM1_RTC);
}

bool pm_is_asleep(const struct pm *pm)
{
	return __atomic_load_n(&pm->asleep, __ATOMIC_ACQUIRE);
}

void pm_wake(struct pm *pm)
{
	/* Keys come often, and guests sleep rarely. */
	if (!pm_is_asleep(pm))
		return;
	pthread_mutex_lock(pm->lock);
	if (pm->asleep)
		pm->ops->wake(pm->owner);
	pthread_mutex_unlock(pm->lock);
}
