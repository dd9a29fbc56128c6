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

	machine_ask_again(m, REQUEST_WAKE);
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
	if (m->host_sleeps)
		logind_let_sleep(&m->logind);
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
	machine_start_again(m, true);
}

void machine_resume_asleep(struct machine *m)
{
	devices_resume(&m->devices);
	/* What would have woken it meanwhile. */
	loop_post(&m->loop, &m->work);
}

static enum host_sleep host_policy(const struct machine_config *config)
{
	if (config->on_host_sleep != HOST_SLEEP_AUTO)
		return config->on_host_sleep;
	if (!config->nr_devices)
		return HOST_SLEEP_IGNORE;
	return config->sleep.ram ? HOST_SLEEP_SUSPEND : HOST_SLEEP_INHIBIT;
}

/* With HOST_SLEEP_INHIBIT it is called only if root makes the host sleep nevertheless. */
static void on_host_sleeping(void *owner)
{
	struct machine *m = owner;

	m->host_sleeps = true;
	switch (host_policy(m->config)) {
	case HOST_SLEEP_SUSPEND:
		log_info("the host is about to sleep: the guest is asked to sleep first");
		if (m->asleep)
			logind_let_sleep(&m->logind);
		else
			pm_sleep_button(&m->board.pm);
		break;
	case HOST_SLEEP_STOP:
		log_info("the host is about to sleep: the guest is asked to shut down first");
		machine_press_power(m);
		break;
	default:
		log_warn("the host sleeps although this machine has its devices, which lose their "
			 "state");
	}
}

static void on_host_awake(void *owner)
{
	struct machine *m = owner;

	m->host_sleeps = false;
	if (m->asleep)
		pm_wake(&m->board.pm);
	else if (m->config->nr_devices)
		log_warn("the host has slept while the guest ran: if its cards fail, restart it "
			 "(tenon restart)");
}

static const struct logind_ops logind_ops = { on_host_sleeping, on_host_awake };

int machine_watch_host_sleep(struct machine *m, struct err *err)
{
	enum host_sleep policy = host_policy(m->config);
	int ret;

	if (policy == HOST_SLEEP_IGNORE)
		return 0;
	ret = logind_open(&m->logind, policy == HOST_SLEEP_INHIBIT ? LOGIND_BLOCK : LOGIND_DELAY,
		m->config->name, &m->loop, &logind_ops, m, err);
	if (!ret || m->config->on_host_sleep != HOST_SLEEP_AUTO)
		return ret;
	/* Many hosts have no logind, or nobody who may ask it. */
	log_debug("the host may sleep while this machine runs: %s", err->text);
	*err = (struct err){ 0 };
	return 0;
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
