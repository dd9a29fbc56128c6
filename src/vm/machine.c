// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/machine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/own.h"
#include "kernel/machines.h"
#include "vm/board/board.h"
#include "vm/control/control.h"
#include "vm/dev/console.h"
#include "vm/devices/assigned_kind.h"
#include "vm/hiding.h"
#include "vm/launch/launch.h"
#include "vm/launch/mmio64.h"
#include "vm/mem/ram.h"
#include "vm/sandbox/sandbox.h"
#include "vm/signals.h"
#include "vm/vcpu/vcpu.h"

/* Requests of the guest, which a vCPU's thread records and the loop's thread handles. */
enum request {
	REQUEST_RESET = BIT(0),
	REQUEST_POWER_OFF = BIT(1),
	REQUEST_TRIPLE_FAULT = BIT(2),
	REQUEST_BROKEN = BIT(3),
	REQUEST_EXIT = BIT(4),
};

struct machine {
	const struct machine_config *config;
	struct machine_result *result;
	struct err *err; /* the error of machine_run(), for failures while the loop runs */
	int failed;      /* -errno of such a failure */

	int name; /* what shows the machine's name to others, see kernel/machines.h; -1: nothing */
	struct loop loop;
	struct signals signals;
	struct console console;
	struct control control;
	struct kvm kvm;
	struct bus pio;
	struct bus mmio;
	struct mem mem;
	struct ram ram;
	struct irq irq;
	struct topology topology;
	bool own_cores; /* see struct hyperv_wish */
	struct board_config board_config;
	struct board board;
	struct device_parts device_parts;
	struct device_set devices;
	struct vcpus vcpus;
	struct machine_parts parts;
	struct launch *launch;

	struct loop_work work;
	struct loop_timer grace;
	bool paused;          /* by the user at the console, or by a client of the control socket */
	bool reset_by_host;   /* a client has asked for the reset that comes */
	bool pausing;         /* @paused, but a vCPU is still within an access */
	pthread_mutex_t lock; /* guards the members below */
	unsigned requests;    /* bits of enum request */
	unsigned status;      /* the exit status of REQUEST_EXIT */
	char why[sizeof(((struct machine_result *)0)->why)];
};

/* Any thread. Stops the vCPUs at once, so that the guest does not run on after its request. */
static void request(struct machine *m, enum request what, const char *why)
{
	pthread_mutex_lock(&m->lock);
	m->requests |= what;
	if (why && !*m->why)
		snprintf(m->why, sizeof(m->why), "%s", why);
	pthread_mutex_unlock(&m->lock);
	vcpus_request_pause(&m->vcpus);
	loop_post(&m->loop, &m->work);
}

static void on_reset(void *owner, const char *by)
{
	log_debug("the guest resets the machine by %s", by);
	request(owner, REQUEST_RESET, NULL);
}

static void on_exit_status(void *owner, unsigned status)
{
	struct machine *m = owner;

	pthread_mutex_lock(&m->lock);
	m->status = status;
	pthread_mutex_unlock(&m->lock);
	request(m, REQUEST_EXIT, NULL);
}

static void on_smi(void *owner, bool all)
{
	struct machine *m = owner;

	vcpus_smi(&m->vcpus, all);
}

static void on_power_off(void *owner)
{
	request(owner, REQUEST_POWER_OFF, NULL);
}

static void on_vcpu(void *owner, enum vcpu_event event, const char *why)
{
	request(owner, event == VCPU_EVENT_TRIPLE_FAULT ? REQUEST_TRIPLE_FAULT : REQUEST_BROKEN,
		why);
}

static void end(struct machine *m, enum machine_end how, const char *why)
{
	bool by_guest;
	const char *reason = machine_end_reason(how, &by_guest);

	control_event(&m->control, CONTROL_SHUTDOWN, by_guest, reason);
	m->result->end = how;
	snprintf(m->result->why, sizeof(m->result->why), "%s", why);
	loop_stop(&m->loop);
}

/* Sets the state after power-on. The vCPUs wait before their first instruction. */
static int reset(struct machine *m, struct err *err)
{
	int ret;

	board_reset(&m->board);
	devices_reset(&m->devices);
	irq_reset(&m->irq);
	ret = vcpus_reset(&m->vcpus, err);
	return ret ? ret : m->launch->ops->run(m->launch, err);
}

/* Called when everything is open and all threads exist but those that come and go. */
static int give_up_rights(struct machine *m, struct err *err)
{
	const struct display_config *display = &m->config->display;
	const struct sandbox_config sandbox = {
		.mode = m->config->sandbox,
		.user = m->config->user,
		.socket = display->vnc ? vnc_address_file(&display->address) : NULL,
		.control = *m->control.file ? m->control.file : NULL,
	};

	return sandbox_enter(&sandbox, err);
}

static int begin(struct machine *m, struct err *err)
{
	int ret = reset(m, err);

	if (!ret)
		ret = vcpus_start(&m->vcpus, err);
	if (!ret)
		ret = devices_begin(&m->devices, &m->device_parts, err);
	if (!ret)
		ret = give_up_rights(m, err);
	if (!ret)
		vcpus_resume(&m->vcpus);
	return ret;
}

/*
 * Returns false if a vCPU is within an access that takes long. This thread must not wait for it,
 * since it has to see the signal that ends the machine: it comes back after the next events.
 */
static bool pause_guest(struct machine *m)
{
	if (!vcpus_pause(&m->vcpus)) {
		loop_post(&m->loop, &m->work);
		return false;
	}
	devices_pause(&m->devices);
	return true;
}

static void resume_guest(struct machine *m)
{
	devices_resume(&m->devices);
	vcpus_resume(&m->vcpus);
}

static void ask_again(struct machine *m, enum request what)
{
	pthread_mutex_lock(&m->lock);
	m->requests |= what;
	pthread_mutex_unlock(&m->lock);
}

static void restart(struct machine *m)
{
	bool by_host = m->reset_by_host;

	m->paused = m->pausing = false;
	if (!pause_guest(m)) {
		ask_again(m, REQUEST_RESET);
		return;
	}
	m->reset_by_host = false;
	control_event(&m->control, CONTROL_RESET, !by_host,
		by_host ? "host-qmp-system-reset" : "guest-reset");
	m->failed = reset(m, m->err);
	if (m->failed)
		loop_stop(&m->loop);
	else
		resume_guest(m);
}

static void finish_pause(struct machine *m)
{
	m->pausing = !pause_guest(m);
	if (m->pausing)
		return;
	control_event(&m->control, CONTROL_STOP, false, NULL);
	log_info("the guest is paused; Ctrl-A p resumes it");
}

static void on_work(void *owner)
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
	else if (m->pausing)
		finish_pause(m);
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
	else
		resume_guest(m);
	m->pausing = false;
	control_event(&m->control, CONTROL_RESUME, false, NULL);
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
static void on_signal(void *owner, int signal)
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
		board_press_power(&m->board);
		loop_timer_set(&m->loop, &m->grace,
			clock_monotonic(m->loop.clock) + m->config->grace * NS_PER_S);
		return;
	}
	end(m, MACHINE_SIGNALLED, "");
}

static void on_grace_over(void *owner)
{
	end(owner, MACHINE_SIGNALLED, "");
}

static const struct console_ops console_ops = { on_console };

/* Clients of the control socket */

static bool control_is_paused(void *owner)
{
	return ((struct machine *)owner)->paused;
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
	board_press_power(&m->board);
}

static void control_quit(void *owner)
{
	end(owner, MACHINE_QUIT, "");
}

static const struct control_ops control_ops = {
	.is_paused = control_is_paused,
	.pause = control_pause,
	.resume = control_resume,
	.reset = control_reset,
	.press_power = control_press_power,
	.quit = control_quit,
};

/*
 * If the user gave no topology, vCPUs on sibling threads of the host become siblings in the guest.
 */
static int choose_topology(struct machine *m, struct err *err)
{
	const struct machine_config *config = m->config;
	const struct topology *given = &config->topology;
	struct sysroot sysroot;
	int ret = sysroot_open(&sysroot, "", err);

	if (ret)
		return ret;
	m->topology = *given;
	if (config->placement.nr && !given->sockets && !given->cores && !given->threads)
		m->topology = placement_topology_of(&sysroot, &config->placement);
	ret = topology_complete(&m->topology, config->cpus, err);
	if (!ret)
		m->own_cores = placement_owns_cores_of(&sysroot, &config->placement, &m->topology);
	sysroot_close(&sysroot);
	return ret;
}

static int show_name(struct machine *m, struct err *err)
{
	m->name = machine_show_name(m->config->name);
	return m->name < 0 ? err_sys(err, -m->name, "cannot show the machine's name") : 0;
}

/* Opens the host's side, which does not depend on the guest. */
static int open_host_side(struct machine *m, struct err *err)
{
	struct console_config console = { 0 };
	int ret = loop_open(&m->loop, &clock_system, err);

	if (!ret)
		ret = choose_topology(m, err);
	/*
	 * Threads and programs started from here on must not run on the processors pinned to vCPUs.
	 */
	placement_clear(&m->config->placement);
	if (!ret)
		ret = console_parse(m->config->serial, &console, err);
	console.max = m->config->serial_max;
	if (!ret && m->config->name)
		ret = show_name(m, err);
	m->control.vcpus = &m->vcpus;
	if (!ret && m->config->name)
		ret = control_open(&m->control, m->config->name, &m->loop, &control_ops, m, err);
	if (!ret)
		ret = kvm_open(&m->kvm, err);
	if (!ret)
		ret = launch_check_kvm(m->config, &m->kvm, err);
	if (!ret)
		ret = m->launch->ops->open(m->launch, err);
	/* Block signals before any thread is created, which could receive them otherwise. */
	if (!ret)
		ret = signals_open(&m->signals, &m->loop, on_signal, m, err);
	if (!ret)
		ret = devices_open(&m->devices, device_kinds, &m->device_parts, err);
	/* Last, because from here on the guest has the terminal. */
	if (!ret)
		ret = console_open(&m->console, &console, &m->loop, &console_ops, m, err);
	return ret;
}

/* Called when the assigned devices and RAM are open. */
static int open_vcpus(struct machine *m, struct err *err)
{
	const struct assigned_devices *devices = assigned_of(&m->devices);
	struct mmio64_need need = mmio64_need_of(&devices->assigned);
	struct vcpus_config config = {
		.cpuid = {
			.topology = m->topology,
			.hidden = m->board_config.hidden,
			.hyperv = m->config->hyperv,
			.nested = m->config->nested,
			.no_pmu = m->config->no_pmu,
		},
		.hyperv_vendor = m->config->hyperv_vendor,
		.own_cores = m->own_cores,
		.placement = &m->config->placement,
		.pio = &m->pio,
		.mmio = &m->mmio,
		.event = on_vcpu,
		.owner = m,
	};
	unsigned host_bits = 0;
	int ret = vcpus_host_phys_bits(&m->kvm, &host_bits, err);

	need.kept_end = fixed_bars_high_end(&devices->fixed_bars);
	if (!ret)
		ret = mmio64_choose(&m->parts.mmio64, &need, m->config->firmware.kind, host_bits,
			ram_high_end(&m->ram), err);
	config.cpuid.phys_bits = m->parts.mmio64.phys_bits;
	return ret ? ret : vcpus_open(&m->vcpus, &m->kvm, &config, err);
}

static int open_ram(struct machine *m, struct err *err)
{
	struct ram_config config = m->config->ram;

	config.shared = config.shared || devices_share_memory(&m->devices);
	config.smm = m->config->firmware.secure_boot;
	return ram_open_as(&m->ram, &m->mem, m->config->memory, &config, err);
}

/*
 * Opens the board. The assigned devices must be known, because they decide whether the machine is
 * hidden.
 */
static int open_board(struct machine *m, struct err *err)
{
	const struct machine_config *config = m->config;
	bool hidden = hiding_choose(config, &assigned_of(&m->devices)->assigned);

	m->board_config = (struct board_config){
		.loop = &m->loop,
		.mem = &m->mem,
		.ram = &m->ram,
		.irq = &m->irq,
		.pio = &m->pio,
		.mmio = &m->mmio,
		.topology = m->topology,
		.smbios_strings = &config->smbios_strings,
		.hidden = hidden,
		.hidden_subsystem = hidden && config->firmware.kind != FIRMWARE_BIOS,
		.reset = on_reset,
		.power_off = on_power_off,
		.smi = on_smi,
		.smm = config->firmware.secure_boot,
		.owner = m,
	};
	return board_open(&m->board, &m->board_config, err);
}

static int open_guest_side(struct machine *m, struct err *err)
{
	struct assigned_devices *assigned = assigned_of(&m->devices);
	/* While the kernel resets the assigned devices, build what needs none of them. */
	int ret = mem_open(&m->mem, &m->kvm, err);

	if (!ret && m->config->firmware.secure_boot)
		ret = mem_add_smm(&m->mem, err);
	if (!ret)
		ret = irq_open(&m->irq, &m->kvm, err);
	if (!ret)
		ret = open_ram(m, err);
	if (!ret)
		ret = devices_ready(&m->devices, &m->device_parts, err);
	if (!ret)
		ret = open_board(m, err);
	if (!ret)
		ret = devices_attach(&m->devices, &m->device_parts, err);
	if (!ret)
		ret = open_vcpus(m, err);
	m->parts.assigned = &assigned->assigned;
	m->parts.fixed_bars = &assigned->fixed_bars;
	return ret ? ret : m->launch->ops->connect(m->launch, &m->parts, err);
}

static void close_all(struct machine *m)
{
	vcpus_close(&m->vcpus);
	if (m->launch)
		m->launch->ops->close(m->launch);
	devices_close(&m->devices);
	board_close(&m->board);
	ram_close(&m->ram);
	irq_close(&m->irq);
	mem_close(&m->mem);
	console_close(&m->console);
	control_close(&m->control);
	signals_close(&m->signals);
	bus_close(&m->mmio);
	bus_close(&m->pio);
	kvm_close(&m->kvm);
	close_fd(&m->name);
	loop_close(&m->loop);
	pthread_mutex_destroy(&m->lock);
}

static const struct device_events device_events = {
	.reset = on_reset,
	.lost = on_device_lost,
	.map_failed = on_map_failed,
	.hold = on_hold,
	.resume = on_resume,
	.exit = on_exit_status,
};

/* From here on every part can be closed safely. */
static int prepare(struct machine *m)
{
	m->name = -1;
	m->kvm = (struct kvm){ .fd = -1, .vm_fd = -1, .stats_fd = -1 };
	m->ram.fd = -1;
	m->work = (struct loop_work){ .run = on_work, .owner = m };
	m->grace = (struct loop_timer){ .expired = on_grace_over, .owner = m };
	pthread_mutex_init(&m->lock, NULL);
	m->parts = (struct machine_parts){
		.pio = &m->pio,
		.mmio = &m->mmio,
		.mem = &m->mem,
		.ram = &m->ram,
		.board = &m->board,
		.devices = &m->devices,
		.vcpus = &m->vcpus,
	};
	m->device_parts = (struct device_parts){
		.config = m->config,
		.events = &device_events,
		.owner = m,
		.loop = &m->loop,
		.kvm = &m->kvm,
		.pio = &m->pio,
		.mmio = &m->mmio,
		.mem = &m->mem,
		.ram = &m->ram,
		.irq = &m->irq,
		.board = &m->board,
		.console = &m->console.stream,
		.set = &m->devices,
	};
	if (bus_open(&m->pio) || bus_open(&m->mmio))
		return -ENOMEM;
	m->launch = m->config->firmware.kind == FIRMWARE_NONE ? direct_new(m->config)
							      : firmware_new(m->config);
	return m->launch ? 0 : -ENOMEM;
}

int machine_run(const struct machine_config *config, struct machine_result *result, struct err *err)
{
	struct machine *m = calloc(1, sizeof(*m));
	int ret;

	*result = (struct machine_result){ 0 };
	if (!m)
		return err_sys(err, ENOMEM, "cannot make the machine");
	m->config = config;
	m->result = result;
	m->err = err;
	ret = prepare(m);
	if (ret)
		err_sys(err, -ret, "cannot make the machine");
	if (!ret)
		ret = open_host_side(m, err);
	if (!ret)
		ret = open_guest_side(m, err);
	if (!ret)
		ret = begin(m, err);
	if (!ret)
		ret = loop_run(&m->loop, err);
	if (!ret)
		ret = m->failed;
	close_all(m);
	free(m);
	return ret;
}
