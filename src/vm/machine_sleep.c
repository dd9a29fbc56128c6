// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest that sleeps (ACPI S3): its vCPUs stand still, and its memory stays. Its devices run on,
 * since one of them may wake it; what the guest has set in them is lost with the reset that wakes
 * it, as on hardware that was without power.
 */
#include "base/log.h"
#include "vm/machine_internal.h"

/*
 * A guest that was woken takes the press that woke it for no more than that (ACPI 6.5, 4.8.3.2.1),
 * and its drivers need a moment before it listens to the next one.
 */
#define PRESS_AFTER_WAKE (5 * NS_PER_S)

void machine_on_sleep(void *owner)
{
	machine_request(owner, REQUEST_SLEEP, NULL);
}

void machine_on_wake(void *owner)
{
	struct machine *m = owner;

	pthread_mutex_lock(&m->lock);
	m->requests |= REQUEST_WAKE;
	pthread_mutex_unlock(&m->lock);
	loop_post(&m->loop, &m->work);
}

void machine_fall_asleep(struct machine *m)
{
	/* The vCPU that has asked is within its access until it has seen that it must stop. */
	if (!vcpus_pause(&m->vcpus)) {
		machine_ask_again(m, REQUEST_SLEEP);
		loop_post(&m->loop, &m->work);
		return;
	}
	m->asleep = true;
	if (m->pausing)
		loop_post(&m->loop, &m->work);
	control_event(&m->control, CONTROL_SUSPEND, false, NULL);
	log_info("the guest sleeps");
}

/* Paused, it wakes when it is resumed. */
void machine_wake(struct machine *m)
{
	if (m->paused || !m->asleep) {
		if (pm_is_asleep(&m->board.pm))
			machine_ask_again(m, REQUEST_WAKE);
		return;
	}
	if (!machine_pause_guest(m)) {
		machine_ask_again(m, REQUEST_WAKE);
		return;
	}
	m->asleep = false;
	control_event(&m->control, CONTROL_WAKEUP, false, NULL);
	log_info("the guest wakes");
	m->failed = machine_reset(m, true, m->err);
	if (m->failed)
		loop_stop(&m->loop);
	else
		machine_resume_guest(m);
}

void machine_resume_asleep(struct machine *m)
{
	devices_resume(&m->devices);
	/* What would have woken it meanwhile. */
	loop_post(&m->loop, &m->work);
}

void machine_press_power(struct machine *m)
{
	bool asleep = m->asleep;

	board_press_power(&m->board);
	if (asleep)
		loop_timer_set(
			&m->loop, &m->press, clock_monotonic(m->loop.clock) + PRESS_AFTER_WAKE);
}

void machine_on_press(void *owner)
{
	struct machine *m = owner;

	board_press_power(&m->board);
}
