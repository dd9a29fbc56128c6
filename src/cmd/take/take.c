// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/take/take.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "cmd/cmd.h"
#include "cmd/take/internal.h"
#include "host/scan/scan.h"
#include "host/scan/uses.h"

static int look(struct planning *planning, const struct take_request *request, struct err *err)
{
	const struct plan_args args = {
		.request = {
			.devices = request->devices,
			.count = request->nr_devices,
			.take_display = !request->managed,
		},
	};

	return planning_open(planning, &args, err);
}

/* Who has a device open now, for act->user. */
struct users {
	struct host host;
	struct sysroot *sysroot;
};

static int user_of(void *arg, const char *device, char *text, size_t size)
{
	struct users *users = arg;
	const struct use *use;
	struct pci_addr addr;
	struct uses uses;
	int dev = pci_addr_parse(device, &addr) ? HOST_NONE : host_find(&users->host, addr);
	int ret;

	if (dev == HOST_NONE)
		return 0;
	ret = scan_processes(&uses, &users->host, users->sysroot);
	if (ret)
		return ret;
	use = uses_next(&uses, dev, USE_PROCESS, NULL);
	if (!use)
		return 0;
	snprintf(text, size, "%.64s (process %d)", use->what, use->pid);
	return 1;
}

/* The transaction: makes a new plan, because the host may have changed while the user was asked. */
static int lend(const struct take_request *request, const struct take_watch *watch, int *code,
	struct err *err)
{
	struct take_machine machine = { .request = request, .watch = watch, .code = EXIT_CANNOT };
	struct planning planning = { 0 };
	struct users users = { 0 };
	struct session session;
	int ret = session_open(&session, NULL, request->verbose || !isatty(STDERR_FILENO), err);

	users.sysroot = &session.sysroot;
	if (!ret)
		ret = scan_sysfs(&users.host, &session.sysroot, 0, err);
	if (!ret)
		ret = look(&planning, request, err);
	if (!ret && !plan_allowed(&planning.plan, false)) {
		plan_print_objections(&planning.plan, false);
		ret = err_set(err, EBUSY, "the host has changed meanwhile");
	}
	session.act.user = user_of;
	session.act.user_arg = &users;
	if (!ret)
		ret = act_lend(&session.act, take_command(request), &planning.plan,
			take_machine_run, &machine, err);
	*code = machine.code;
	planning_close(&planning);
	host_close(&users.host);
	session_close(&session);
	return ret;
}

static int supervise(const struct take_request *request, const char *device, struct err *err)
{
	struct take_watch watch;
	int code = EXIT_CANNOT;
	int ret = take_watch_start(&watch, take_command(request), device, err);

	/* If the watcher is killed, writing to it fails, and that is told. */
	signal(SIGPIPE, SIG_IGN);
	if (!ret)
		ret = lend(request, &watch, &code, err);
	close_fd(&watch.pipe);
	return ret ? EXIT_CANNOT : code;
}

/* Whether the plan may be carried out. */
static int check(const struct take_request *request, const struct plan *plan, struct err *err)
{
	const char *what = request->managed ? "managed=on: the devices" : "the display";

	plan_print_objections(plan, false);
	if (!plan_allowed(plan, false))
		return err_set(err, EBUSY, "%s cannot be taken from the host", what);
	if (geteuid())
		return err_set(
			err, EPERM, "%s cannot be taken from the host: that takes root", what);
	return 0;
}

static int take(const struct take_request *request, const struct plan *plan, struct err *err)
{
	const struct take_place place = take_place_now();
	int code;

	if (check(request, plan, err))
		return EXIT_CANNOT;
	if (request->managed)
		return supervise(request, plan->devices[0].name, err);
	if (!request->yes || place.in_desktop)
		take_announce(plan, &place);
	if (place.in_desktop && !request->yes && take_ask(err))
		return EXIT_CANNOT;
	if (place.in_desktop && take_leave_terminal(&code, err))
		return code;
	if (place.in_session)
		take_enter_scope();
	return supervise(request, plan->devices[0].name, err);
}

int take_display(const struct take_request *request, struct err *err)
{
	struct planning planning;
	int code = EXIT_CANNOT;

	if (!look(&planning, request, err)) {
		if (planning.plan.nr_ops || planning.plan.nr_objections) {
			code = take(request, &planning.plan, err);
		} else {
			if (!request->managed)
				log_info("VFIO has the devices already: nothing is taken from the "
					 "host");
			code = request->run(request->arg);
		}
	}
	planning_close(&planning);
	return code;
}
