/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of src/cmd/take; take.h says which processes there are. */
#ifndef CMD_TAKE_INTERNAL_H
#define CMD_TAKE_INTERNAL_H

#include <sys/types.h>

#include "cmd/change/session.h"
#include "cmd/plan/plan.h"
#include "cmd/take/take.h"

/* What the transaction is called in the journal. */
static inline const char *take_command(const struct take_request *request)
{
	return request->managed ? "managed" : "take-display";
}

#define TAKE_LOG "/var/log/tenon-take-display.log"

/* Where the caller was started, which decides whether it survives the end of the desktop. */
struct take_place {
	bool in_desktop; /* its terminal ends with the desktop */
	bool in_session; /* systemd may end it with a user's session: it needs a scope of its own */
};

struct take_place take_place_now(void);

/* Says what will happen, on standard error. */
void take_announce(const struct plan *plan, const struct take_place *place);
/* Asks whether to go on; without a terminal to ask on, that is an error. Returns 0 or -errno. */
int take_ask(struct err *err);

/*
 * Goes on in a new process, in a session of its own, whose output goes to TAKE_LOG. In the old
 * process, this waits for the new one and returns true with its exit code, or with @err set.
 */
bool take_leave_terminal(int *code, struct err *err);
/*
 * Starts the program again in a scope of systemd's own, with --yes. Returns only if there is no
 * systemd-run.
 */
void take_enter_scope(void);

/* The watcher, as the supervisor knows it. */
struct take_watch {
	int pipe; /* closed by the kernel when the supervisor ends; -1: no watcher */
};

/* Starts the watcher of the transaction @command whose first device is @device. */
int take_watch_start(
	struct take_watch *watch, const char *command, const char *device, struct err *err);
/* Tells the watcher which process the machine is. */
int take_watch_tell(const struct take_watch *watch, pid_t machine, struct err *err);

struct take_machine {
	const struct take_request *request;
	const struct take_watch *watch;
	int code; /* the exit code of its process */
};

/* For act_lend(): runs the machine in a child and waits for it; passes signals on to it. */
int take_machine_run(void *machine, int *hold, struct err *err);

#endif
