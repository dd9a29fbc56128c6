/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the two halves of a machine share: machine.c puts it together and takes it apart,
 * machine_events.c does what the guest, devices and people ask of it while it runs,
 * machine_sleep.c what belongs to a guest that sleeps.
 */
#ifndef VM_MACHINE_INTERNAL_H
#define VM_MACHINE_INTERNAL_H

#include "base/loop.h"
#include "vm/board/board.h"
#include "vm/control/control.h"
#include "vm/control/serial_share.h"
#include "vm/dev/console.h"
#include "vm/devices/kind.h"
#include "vm/launch/launch.h"
#include "vm/logind/logind.h"
#include "vm/machine.h"
#include "vm/mem/ram.h"
#include "vm/signals.h"
#include "vm/vcpu/vcpu.h"

/* Requests of the guest, which a vCPU's thread records and the loop's thread handles. */
enum request {
	REQUEST_RESET = BIT(0),
	REQUEST_POWER_OFF = BIT(1),
	REQUEST_TRIPLE_FAULT = BIT(2),
	REQUEST_BROKEN = BIT(3),
	REQUEST_EXIT = BIT(4),
	REQUEST_SLEEP = BIT(5),
	REQUEST_WAKE = BIT(6),
};

struct machine {
	const struct machine_config *config;
	struct machine_result *result;
	struct err *err; /* the error of machine_run(), for failures while the loop runs */
	int failed;      /* -errno of such a failure */

	int name; /* what shows the machine's name to others, see kernel/machines.h; -1: nothing */
	int notify; /* whoever waits until the guest runs, see kernel/notify.h; -1: nobody */
	struct loop loop;
	struct signals signals;
	struct console console;
	struct control control;
	struct serial_share serial; /* the console, for clients; only of a machine with a name */
	u64 started;                /* ns of the loop's clock */
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
	bool asleep;          /* the guest is in S3 */
	struct logind logind; /* the host's sleep */
	bool host_sleeps;     /* or is about to */
	struct loop_timer
		press;        /* presses the power button of a guest that was woken to be ended */
	pthread_mutex_t lock; /* guards the members below */
	unsigned requests;    /* bits of enum request */
	unsigned status;      /* the exit status of REQUEST_EXIT */
	char why[sizeof(((struct machine_result *)0)->why)];
};

/*
 * Sets the state after power-on; @wake: for a guest that wakes from S3. The vCPUs wait before their
 * first instruction.
 */
int machine_reset(struct machine *m, bool wake, struct err *err);

/* Records a request, and stops the vCPUs at once, so that the guest does not run on. Any thread. */
void machine_request(struct machine *m, enum request what, const char *why);
/* To handle a request again after the next events. */
void machine_ask_again(struct machine *m, enum request what);

/*
 * No vCPU and no device of the guest runs until machine_resume_guest(). Returns false if a vCPU is
 * within an access that takes long: this thread must not wait for it, since it has to see the
 * signal that ends the machine, and comes back after the next events.
 */
bool machine_pause_guest(struct machine *m);
void machine_resume_guest(struct machine *m);
/* Resets the guest that is paused, and lets it run; @wake: as machine_reset(). */
void machine_start_again(struct machine *m, bool wake);

/* What others call, with the machine as their owner. */
extern const struct console_ops machine_console_ops;
extern const struct control_ops machine_control_ops;
extern const struct device_events machine_device_events;
void machine_on_reset(void *owner, const char *by);
void machine_on_smi(void *owner, bool all);
void machine_on_power_off(void *owner);
void machine_on_vcpu(void *owner, enum vcpu_event event, const char *why);
void machine_on_signal(void *owner, int signal);
void machine_on_work(void *owner);
void machine_on_grace_over(void *owner);

/* The guest's sleep. The first two are called by the board, on any thread. */
void machine_on_sleep(void *owner);
void machine_on_wake(void *owner);
/* Called before the guest's side is opened: what is to happen when the host sleeps. */
int machine_watch_host_sleep(struct machine *m, struct err *err);
/* What machine_on_work() has found. */
void machine_fall_asleep(struct machine *m);
void machine_wake(struct machine *m);
/* The guest was paused while it slept, and is so no more. */
void machine_resume_asleep(struct machine *m);
/* The guest is to shut down: presses the power button now, or soon after it has woken a guest. */
void machine_press_power(struct machine *m);
void machine_on_press(void *owner);

#endif
