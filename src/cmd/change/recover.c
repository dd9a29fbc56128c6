// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon recover`: undoes what an interrupted bind or release left behind. */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/own.h"
#include "cmd/change/undo.h"
#include "cmd/cmd.h"
#include "cmd/ui/json.h"

static bool is_in_force(const struct journal *journal, const struct act *act)
{
	bool done = journal->state == JOURNAL_BOUND ||
		    (journal->state == JOURNAL_LENT && journal_is_held(journal));

	return done && !act_is_past(act, journal);
}

static int recover_one(struct session *session, const char *name, struct json_object *list)
{
	enum undo_result result = UNDO_DONE;
	struct err err = { 0 };
	struct journal journal;
	int ret = journal_load(&journal, session->store.directory, name, true, &err);

	if (ret) {
		err_help(&err,
			"It is " STORE_DIRECTORY
			"/journal/%s. If the devices in its name are as they "
			"should be, delete it.",
			name);
		undo_tell(list, NULL, UNDO_FAILED, &err);
		return ret;
	}
	if (journal.state == JOURNAL_PERSISTING && !act_is_past(&session->act, &journal)) {
		ret = act_unpersist(&session->act, &journal, &err);
		result = UNDO_IN_FORCE;
	} else if (is_in_force(&journal, &session->act)) {
		result = UNDO_IN_FORCE;
	} else {
		ret = act_undo(&session->act, &journal, &err);
	}
	undo_tell(list, &journal, ret ? UNDO_FAILED : result, &err);
	journal_close(&journal);
	return ret;
}

static int recover_all(struct session *session, struct json_object *list, struct err *err)
{
	own_free char **names = NULL;
	int n = store_names(&session->store, &names, err), ret = 0;

	if (n < 0) {
		undo_tell(list, NULL, UNDO_FAILED, err);
		return n;
	}
	for (int i = 0; i < n; i++) {
		int one = recover_one(session, names[i], list);

		ret = ret ? ret : one;
	}
	if (!n && !list)
		puts("There is nothing to put back.");
	return ret;
}

static int recover_main(const struct cmd_call *call, struct err *err)
{
	const struct undo_args *args = call->args;
	struct json_object *list = args->json ? json_object_new_array() : NULL, *json;
	struct session session;
	struct err failure = { 0 };
	int ret = session_open(&session, args->sysroot, args->verbose, &failure);

	if (ret)
		undo_tell(list, NULL, UNDO_FAILED, &failure);
	else
		ret = recover_all(&session, list, &failure);
	if (list) {
		json = json_object_new_object();
		json_add(json, "transactions", list);
		json_print(json);
	}
	session_close(&session);
	return ret ? EXIT_CANNOT : EXIT_FINE;
}

static const char *recover_done(const struct cmd_call *call, int code)
{
	return code == EXIT_FINE ? "All is put back all the same: `tenon list` shows the devices."
				 : NULL;
}

const struct cmd cmd_recover = {
	.name = "recover",
	.summary = "put back what a bind, release or reset that was cut off left",
	.description =
		"Puts back what a `tenon bind`, `release`, `reset` or `run --take-display` that "
		"was "
		"cut off\n"
		"left behind: killed, crashed, or without power. What is bound in full stays "
		"bound, and is\n"
		"listed; so is what a running machine has.\n",
	.options = undo_options,
	.exits = { "done or nothing to do", NULL, NULL, "something could not be put back" },
	.args_size = sizeof(struct undo_args),
	.main = recover_main,
	.done = recover_done,
};
