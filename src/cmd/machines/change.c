// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon stop`, `pause`, `resume`, `restart` and `wake`: commands to a running machine. */
#include <errno.h>
#include <stdio.h>

#include "cmd/cmd.h"
#include "cmd/machines/client.h"
#include "cmd/ui/options.h"

#define WAIT_SECONDS 90
#define WAIT_MAX     3600
#define QUIT_SECONDS 30

struct change_args {
	const char *name;
	bool now;
	u64 wait;
};

static int apply_wait(void *wait, char *value, struct err *err)
{
	return option_number("--wait", value, 0, WAIT_MAX, wait, err);
}

static const struct cmd_option stop_options[] = {
	{ "now", 0, OPTION_FLAG, NULL, "end the machine without asking the guest",
		.field = FLAG_FIELD(struct change_args, now) },
	{ "wait", 0, OPTION_VALUE, "SECONDS",
		"wait so long for the guest (default 90; 0: only press the button)", apply_wait,
		.field = offsetof(struct change_args, wait) },
	{ 0 },
};

static int ask(struct client *client, const char *name, const char *command, struct err *err)
{
	struct json_object *json = NULL;
	int ret = client_connect(client, name, err);

	if (!ret)
		json = client_ask(client, command, err);
	json_object_put(json);
	return ret ? ret : json ? 0 : -err->code;
}

static int change(const struct cmd_call *call, const char *command, struct err *err)
{
	const struct change_args *args = call->args;
	struct client client;
	int ret = ask(&client, args->name, command, err);

	client_disconnect(&client);
	return ret ? EXIT_CANNOT : EXIT_FINE;
}

static int pause_main(const struct cmd_call *call, struct err *err)
{
	return change(call, "stop", err);
}

static int resume_main(const struct cmd_call *call, struct err *err)
{
	return change(call, "cont", err);
}

static int restart_main(const struct cmd_call *call, struct err *err)
{
	return change(call, "system_reset", err);
}

static int wake_main(const struct cmd_call *call, struct err *err)
{
	return change(call, "system_wakeup", err);
}

/* Presses the power button, or ends the machine, and waits for its process. */
static int stop_main(const struct cmd_call *call, struct err *err)
{
	const struct change_args *args = call->args;
	unsigned seconds = args->now ? QUIT_SECONDS : (unsigned)args->wait;
	struct client client;
	int ret = ask(&client, args->name, args->now ? "quit" : "system_powerdown", err);
	bool ended = !ret && seconds && client_await_end(&client, seconds);

	client_disconnect(&client);
	if (ended)
		client_clean(args->name);
	if (ret)
		return EXIT_CANNOT;
	if (ended || !seconds)
		return EXIT_FINE;
	err_set(err, ETIMEDOUT, "%s still runs after %u s", args->name, seconds);
	err_help(err, "The guest may ignore its power button: `tenon stop --now %s` ends it.",
		args->name);
	return EXIT_CANNOT;
}

static void change_init(void *args)
{
	((struct change_args *)args)->wait = WAIT_SECONDS;
}

static int change_operands(const struct cmd_call *call, struct err *err)
{
	((struct change_args *)call->args)->name = call->operands[0];
	return 0;
}

#define COMMON                                                                               \
	.operands = "MACHINE", .args_size = sizeof(struct change_args), .init = change_init, \
	.take_operands = change_operands,                                                    \
	.exits = { "done", NULL, NULL, "no such machine runs, or it failed" }

const struct cmd cmd_stop = {
	.name = "stop",
	.summary = "end a running machine",
	.description = "Presses the power button of a running machine, and waits until the guest "
		       "has shut down.\n",
	.options = stop_options,
	.main = stop_main,
	COMMON,
};

const struct cmd cmd_pause = {
	.name = "pause",
	.summary = "pause a running machine",
	.description = "Stops the virtual processors of a running machine until `tenon resume`. "
		       "DMA of its\n"
		       "devices that is under way goes on.\n",
	.main = pause_main,
	COMMON,
};

const struct cmd cmd_resume = {
	.name = "resume",
	.summary = "let a paused machine run again",
	.description = "Lets a machine run again that `tenon pause` has paused.\n",
	.main = resume_main,
	COMMON,
};

const struct cmd cmd_restart = {
	.name = "restart",
	.summary = "press the reset button of a running machine",
	.description = "Resets a running machine, as its reset button does: the guest is not "
		       "asked.\n",
	.main = restart_main,
	COMMON,
};

const struct cmd cmd_wake = {
	.name = "wake",
	.summary = "wake a machine that sleeps",
	.description = "Wakes the guest of a running machine that has gone to sleep in its memory "
		       "(`tenon run\n"
		       "--sleep`).\n",
	.main = wake_main,
	COMMON,
};
