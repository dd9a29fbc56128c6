// SPDX-License-Identifier: GPL-2.0-or-later
#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "kernel/notify.h"
#include "vm/devices/assigned_kind.h"
#include "vm/devices/disks.h"
#include "vm/devices/display.h"
#include "vm/machine_internal.h"

void machine_request(struct machine *m, enum request what, const char *why)
{
	pthread_mutex_lock(&m->lock);
	m->requests |= what;
	if (why && !*m->why)
		snprintf(m->why, sizeof(m->why), "%s", why);
	pthread_mutex_unlock(&m->lock);
	vcpus_request_pause(&m->vcpus);
	loop_post(&m->loop, &m->work);
}

void machine_on_reset(void *owner, const char *by)
{
	log_debug("the guest resets the machine by %s", by);
	machine_request(owner, REQUEST_RESET, NULL);
}

static void on_exit_status(void *owner, unsigned status)
{
	struct machine *m = owner;

	pthread_mutex_lock(&m->lock);
	m->status = status;
	pthread_mutex_unlock(&m->lock);
	machine_request(m, REQUEST_EXIT, NULL);
}

void machine_on_smi(void *owner, bool all)
{
	struct machine *m = owner;

	vcpus_smi(&m->vcpus, all);
}

void machine_on_power_off(void *owner)
{
	machine_request(owner, REQUEST_POWER_OFF, NULL);
}

void machine_on_vcpu(void *owner, enum vcpu_event event, const char *why)
{
	machine_request(owner,
		event == VCPU_EVENT_TRIPLE_FAULT ? REQUEST_TRIPLE_FAULT : REQUEST_BROKEN, why);
}

static void end(struct machine *m, enum machine_end how, const char *why)
{
	bool by_guest;
	const char *reason = machine_end_reason(how, &by_guest);

	control_event(&m->control, CONTROL_SHUTDOWN, by_guest, reason);
	notify_say(m->notify, "STOPPING=1\nSTATUS=Ends: %s.", reason);
	m->result->end = how;
	snprintf(m->result->why, sizeof(m->result->why), "%s", why);
	loop_stop(&m->loop);
}

int machine_reset(struct machine *m, bool wake, struct err *err)
{
	const struct launch_ops *launch = m->launch->ops;
	int ret;

	if (wake) {
		board_reset_to_wake(&m->board);
		devices_wake(&m->devices);
	} else {
		board_reset(&m->board);
		devices_reset(&m->devices);
	}
	irq_reset(&m->irq);
	ret = vcpus_reset(&m->vcpus, err);
	return ret ? ret : wake ? launch->wake(m->launch, err) : launch->run(m->launch, err);
}

bool machine_pause_guest(struct machine *m)
{
	if (!vcpus_pause(&m->vcpus)) {
		loop_post(&m->loop, &m->work);
		return false;
	}
	devices_pause(&m->devices);
	return true;
}

void machine_resume_guest(struct machine *m)
{
	devices_resume(&m->devices);
	vcpus_resume(&m->vcpus);
}

void machine_ask_again(struct machine *m, enum request what)
{
	pthread_mutex_lock(&m->lock);
	m->requests |= what;
	pthread_mutex_unlock(&m->lock);
}

void machine_start_again(struct machine *m, bool wake)
{
	m->failed = machine_reset(m, wake, m->err);
	if (m->failed)
		loop_stop(&m->loop);
	else
		machine_resume_guest(m);
}

static void restart(struct machine *m)
{
	bool by_host = m->reset_by_host;

	m->paused = m->pausing = m->asleep = false;
	if (!machine_pause_guest(m)) {
		machine_ask_again(m, REQUEST_RESET);
		return;
	}
	m->reset_by_host = false;
	control_event(&m->control, CONTROL_RESET, !by_host,
		by_host ? "host-qmp-system-reset" : "guest-reset");
	machine_start_again(m, false);
}

static void finish_pause(struct machine *m)
{
	m->pausing = !machine_pause_guest(m);
	if (m->pausing)
		return;
	control_event(&m->control, CONTROL_STOP, false, NULL);
	notify_say(m->notify, "STATUS=The guest is paused.");
	log_info("the guest is paused; Ctrl-A p resumes it");
}

void machine_on_work(void *owner)
{
	struct machine *m = owner;
	char why[sizeof(m->why)];
	unsigned requests;

	pthread_mutex_lock(&m->lock);
	requests = m->requests;
	m->requests = 0;
	m->result->status = m->status;
	memcpy(why, m->why, sizeof(why));
	m->why[0] = '\0';
	pthread_mutex_unlock(&m->lock);

	if (requests & REQUEST_BROKEN)
		end(m, MACHINE_BROKEN, why);
	else if (requests & REQUEST_POWER_OFF)
		end(m, MACHINE_POWERED_OFF, "");
	else if (requests & REQUEST_EXIT)
		end(m, MACHINE_EXITED, "");
	else if (requests & REQUEST_TRIPLE_FAULT && m->config->no_reboot)
		end(m, MACHINE_TRIPLE_FAULT, "");
	else if (requests & REQUEST_RESET && m->config->no_reboot && !m->reset_by_host)
		end(m, MACHINE_RESET, "");
	else if (requests & (REQUEST_RESET | REQUEST_TRIPLE_FAULT))
		restart(m);
	else if (requests & REQUEST_SLEEP)
		machine_fall_asleep(m);
	else if (m->pausing)
		finish_pause(m);
	if (requests & REQUEST_WAKE)
		machine_wake(m);
}

static void toggle_pause(struct machine *m)
{
	m->paused = !m->paused;
	if (m->paused) {
		finish_pause(m);
		return;
	}
	if (m->pausing)
		vcpus_resume(&m->vcpus);
	else if (m->asleep)
		machine_resume_asleep(m);
	else
		machine_resume_guest(m);
	m->pausing = false;
	control_event(&m->control, CONTROL_RESUME, false, NULL);
	notify_say(m->notify, "STATUS=The guest runs.");
	log_info("the guest runs again");
}

static void on_console(void *owner, enum console_event event, const struct err *why)
{
	struct machine *m = owner;

	if (event == CONSOLE_QUIT)
		end(m, MACHINE_QUIT, "");
	else if (event == CONSOLE_PAUSE)
		toggle_pause(m);
	else
		end(m, MACHINE_CONSOLE_GONE, why ? why->text : "");
}

static void on_device_lost(void *owner, const char *why)
{
	end(owner, MACHINE_DEVICE_LOST, why);
}

static void on_map_failed(void *owner, const struct err *err)
{
	struct machine *m = owner;

	*m->err = *err;
	m->failed = -err->code;
	loop_stop(&m->loop);
}

static void on_hold(void *owner)
{
	struct machine *m = owner;

	vcpus_hold(&m->vcpus);
}

static void on_resume(void *owner)
{
	struct machine *m = owner;

	vcpus_unhold(&m->vcpus);
}

/*
 * The first signal asks the guest to shut down, if there is a grace period; the second one ends the
 * machine.
 */
void machine_on_signal(void *owner, int signal)
{
	struct machine *m = owner;

	if (signal == SIGCONT) {
		console_continue(&m->console);
		return;
	}
	if (signal == SIGHUP) {
		end(m, MACHINE_CONSOLE_GONE, "the terminal hung up");
		return;
	}
	m->result->signal = signal;
	if (m->config->grace && !m->grace.armed) {
		log_info("%s: pressing the power button; the guest has %u s", strsignal(signal),
			m->config->grace);
		if (m->paused)
			toggle_pause(m);
		machine_press_power(m);
		loop_timer_set(&m->loop, &m->grace,
			clock_monotonic(m->loop.clock) + m->config->grace * NS_PER_S);
		return;
	}
	end(m, MACHINE_SIGNALLED, "");
}

void machine_on_grace_over(void *owner)
{
	end(owner, MACHINE_SIGNALLED, "");
}

const struct console_ops machine_console_ops = { on_console };

/* Clients of the control socket */

static void control_look(void *owner, struct control_facts *facts)
{
	struct machine *m = owner;
	struct assigned_devices *assigned = assigned_of(&m->devices);

	static_assert(CONTROL_DEVICES >= VFIO_MAX_DEVICES, "each device is shown");
	facts->memory = m->config->memory;
	facts->uptime = clock_monotonic(m->loop.clock) - m->started;
	facts->nr_devices = m->config->nr_devices;
	for (unsigned i = 0; i < facts->nr_devices; i++)
		facts->devices[i] = m->config->devices[i].addr;
	if (assigned)
		vfio_mapping_progress(
			&assigned->assigned.assign.mapping, &facts->mapped, &facts->total);
}

static struct pci_host *control_pci(void *owner)
{
	return &((struct machine *)owner)->board.mch.host;
}

static const struct screen *control_screen(void *owner)
{
	return display_screen(&((struct machine *)owner)->devices);
}

static bool control_block(void *owner, unsigned n, struct control_block *block)
{
	struct machine *m = owner;
	struct disk_look look;

	if (!disks_look(&m->devices, n, &look))
		return false;
	*block = (struct control_block){
		.file = look.config->path,
		.format = look.config->format,
		.read_only = look.config->read_only || look.removable,
		.removable = look.removable,
		.tray_open = look.tray_open,
		.locked = look.locked,
		.counts = look.counts,
	};
	return true;
}

static int control_tray(void *owner, unsigned n, bool open, bool force)
{
	return disks_tray(&((struct machine *)owner)->devices, n, open, force);
}

static bool control_is_paused(void *owner)
{
	return ((struct machine *)owner)->paused;
}

static bool control_is_asleep(void *owner)
{
	return ((struct machine *)owner)->asleep;
}

static void control_pause(void *owner)
{
	if (!control_is_paused(owner))
		toggle_pause(owner);
}

static void control_resume(void *owner)
{
	if (control_is_paused(owner))
		toggle_pause(owner);
}

static void control_reset(void *owner)
{
	((struct machine *)owner)->reset_by_host = true;
	restart(owner);
}

static void control_press_power(void *owner)
{
	struct machine *m = owner;

	control_event(&m->control, CONTROL_POWERDOWN, false, NULL);
	control_resume(m);
	machine_press_power(m);
}

static void control_wake(void *owner)
{
	struct machine *m = owner;

	pm_wake(&m->board.pm);
}

static void control_quit(void *owner)
{
	end(owner, MACHINE_QUIT, "");
}

const struct control_ops machine_control_ops = {
	.look = control_look,
	.pci = control_pci,
	.screen = control_screen,
	.block = control_block,
	.tray = control_tray,
	.is_paused = control_is_paused,
	.is_asleep = control_is_asleep,
	.pause = control_pause,
	.resume = control_resume,
	.reset = control_reset,
	.press_power = control_press_power,
	.wake = control_wake,
	.quit = control_quit,
};

const struct device_events machine_device_events = {
	.reset = machine_on_reset,
	.lost = on_device_lost,
	.map_failed = on_map_failed,
	.hold = on_hold,
	.resume = on_resume,
	.exit = on_exit_status,
};
