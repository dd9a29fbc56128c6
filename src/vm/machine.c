// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/own.h"
#include "kernel/machines.h"
#include "kernel/notify.h"
#include "vm/devices/assigned_kind.h"
#include "vm/hiding.h"
#include "vm/launch/mmio64.h"
#include "vm/machine_internal.h"
#include "vm/sandbox/sandbox.h"

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
	int ret = machine_reset(m, false, err);

	if (!ret)
		ret = vcpus_start(&m->vcpus, err);
	if (!ret && m->config->dma == VFIO_DMA_SYNC)
		notify_say(m->notify, "STATUS=Maps the guest's memory for devices.");
	if (!ret)
		ret = devices_begin(&m->devices, &m->device_parts, err);
	if (!ret)
		ret = give_up_rights(m, err);
	if (!ret)
		vcpus_resume(&m->vcpus);
	if (!ret)
		notify_say(m->notify, "READY=1\nSTATUS=The guest runs.");
	return ret;
}

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

/* By its name, other processes find the machine, and reach its control socket. */
static int take_name(struct machine *m, struct err *err)
{
	int ret;

	m->control.vcpus = &m->vcpus;
	if (!m->config->name)
		return 0;
	ret = show_name(m, err);
	return ret ? ret
		   : control_open(
			     &m->control, m->config->name, &m->loop, &machine_control_ops, m, err);
}

/* The console of this process; clients share it if the machine has a place for a socket. */
static int open_console(struct machine *m, const struct console_config *config, struct err *err)
{
	char path[PATH_MAX];
	int ret = console_open(&m->console, config, &m->loop, &machine_console_ops, m, err);

	if (ret || !control_path(&m->control, CONTROL_SERIAL, path))
		return ret;
	m->device_parts.console = &m->serial.device;
	return serial_share_open(&m->serial, path, &m->loop, &m->console.stream, err);
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
	m->started = ret ? 0 : clock_monotonic(m->loop.clock);
	if (!ret)
		ret = take_name(m, err);
	if (!ret)
		ret = kvm_open(&m->kvm, err);
	if (!ret)
		ret = launch_check_kvm(m->config, &m->kvm, err);
	if (!ret)
		ret = m->launch->ops->open(m->launch, err);
	if (!ret)
		ret = machine_watch_host_sleep(m, err);
	/* Block signals before any thread is created, which could receive them otherwise. */
	if (!ret)
		ret = signals_open(&m->signals, &m->loop, machine_on_signal, m, err);
	if (!ret)
		ret = devices_open(&m->devices, device_kinds, &m->device_parts, err);
	/* Last, because from here on the guest has the terminal. */
	if (!ret)
		ret = open_console(m, &console, err);
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
		.event = machine_on_vcpu,
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
		.reset = machine_on_reset,
		.power_off = machine_on_power_off,
		.sleep = machine_on_sleep,
		.wake = machine_on_wake,
		.s3 = config->sleep.ram,
		.s4 = config->sleep.disk,
		.smi = machine_on_smi,
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
	serial_share_close(&m->serial);
	console_close(&m->console);
	logind_close(&m->logind);
	control_close(&m->control);
	signals_close(&m->signals);
	bus_close(&m->mmio);
	bus_close(&m->pio);
	kvm_close(&m->kvm);
	close_fd(&m->name);
	close_fd(&m->notify);
	loop_close(&m->loop);
	pthread_mutex_destroy(&m->lock);
}

/* From here on every part can be closed safely. */
static int prepare(struct machine *m)
{
	m->name = -1;
	m->notify = notify_open();
	m->kvm = (struct kvm){ .fd = -1, .vm_fd = -1, .stats_fd = -1 };
	m->ram.fd = -1;
	m->work = (struct loop_work){ .run = machine_on_work, .owner = m };
	m->grace = (struct loop_timer){ .expired = machine_on_grace_over, .owner = m };
	m->press = (struct loop_timer){ .expired = machine_on_press, .owner = m };
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
		.events = &machine_device_events,
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
