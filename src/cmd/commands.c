// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of all commands. Finds a command, calls it and finishes it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/ui/json_error.h"
#include "cmd/ui/nearest.h"

const struct cmd *const commands[] = {
	&cmd_list,
	&cmd_groups,
	&cmd_explain,
	&cmd_rom,
	&cmd_check,
	&cmd_vga,
	&cmd_plan,
	&cmd_bind,
	&cmd_release,
	&cmd_recover,
	&cmd_reset,
	&cmd_new,
	&cmd_disk,
	&cmd_run,
	&cmd_start,
	&cmd_ps,
	&cmd_status,
	&cmd_stop,
	&cmd_pause,
	&cmd_resume,
	&cmd_restart,
	&cmd_wake,
	&cmd_console,
	&cmd_log,
	&cmd_screenshot,
	&cmd_rm,
	&cmd_stats,
	&cmd_top,
	&cmd_metrics,
	&cmd_trace,
	&cmd_export,
	&cmd_capture,
	&cmd_help,
	&cmd_version,
	&cmd_complete,
	&cmd_user_network,
	&cmd_display_server,
	&cmd_read_input,
	&cmd_sound_server,
	NULL,
};

/* Returns the commands for people, one after the other. */
static const char *name_at(const void *table, unsigned i)
{
	const struct cmd *const *cmds = table;

	for (; *cmds; cmds++)
		if ((*cmds)->summary && !i--)
			return (*cmds)->name;
	return NULL;
}

const struct cmd *cmd_find(const char *name, struct err *err)
{
	const char *near;

	for (const struct cmd *const *cmd = commands; *cmd; cmd++)
		if (!strcmp((*cmd)->name, name))
			return *cmd;
	near = nearest_name(name, name_at, commands);
	err_set(err, EINVAL, "there is no command '%s'", name);
	if (near)
		err_help(err, "Did you mean '%s'?", near);
	else
		err_help(err, "`tenon help` lists the commands.");
	return NULL;
}

static int apply_options(
	const struct cmd_call *call, const struct command_line *line, struct err *err)
{
	int ret = 0;

	for (unsigned i = 0; i < line->nr_given && !ret; i++) {
		const struct given_option *given = &line->given[i];

		if (call->cmd->apply)
			ret = call->cmd->apply(call->args, given->option, given->value, err);
		else
			ret = option_apply(given->option, call->args, given->value, err);
	}
	return ret;
}

int cmd_prepare(const struct cmd_call *call, const struct command_line *line, struct err *err)
{
	const struct cmd *cmd = call->cmd;
	int ret = operands_check(cmd->operands, line, err);

	if (!ret && cmd->take_operands)
		ret = cmd->take_operands(call, err);
	if (!ret)
		ret = apply_options(call, line, err);
	if (!ret && cmd->check)
		ret = cmd->check(call, err);
	return ret;
}

/*
 * Checks that the output has been written: a full disk is a failure. The error also says what was
 * done nevertheless.
 */
static int finish(const struct cmd_call *call, int code, struct err *err)
{
	const char *done =
		code <= EXIT_FINDINGS && call->cmd->done ? call->cmd->done(call, code) : NULL;

	if (!fflush(stdout) && !ferror(stdout))
		return code;
	if (code > EXIT_FINDINGS)
		return code;
	err_sys(err, errno ? errno : EIO, "cannot write standard output");
	if (done)
		err_help(err, "%s", done);
	return EXIT_CANNOT;
}

static int call_with(
	const struct cmd *cmd, const struct command_line *line, bool *usage, struct err *err)
{
	struct cmd_call call = {
		.cmd = cmd,
		.args = calloc(1, cmd->args_size + 1),
		.operands = line->operands,
		.nr_operands = line->nr_operands,
	};
	int code = EXIT_CANNOT;

	if (!call.args) {
		err_sys(err, ENOMEM, "cannot begin");
		return code;
	}
	if (cmd->init)
		cmd->init(call.args);
	*usage = cmd_prepare(&call, line, err) != 0;
	if (!*usage)
		code = finish(&call, cmd->main(&call, err), err);
	if (cmd->close)
		cmd->close(call.args);
	free(call.args);
	return *usage ? EXIT_USAGE : code;
}

int cmd_call(const struct cmd *cmd, int argc, char **argv)
{
	struct command_line line;
	struct err err = { 0 };
	bool usage = command_line_read(&line, cmd->options, argc, argv, &err);
	int code = EXIT_USAGE;

	if (!usage && command_line_has(&line, option_help.name)) {
		cmd_help_print(cmd, stdout);
		code = finish(&(struct cmd_call){ .cmd = &cmd_help }, EXIT_FINE, &err);
	} else if (!usage) {
		code = call_with(cmd, &line, &usage, &err);
	}
	if (usage)
		err_wrap(&err, "%s", cmd->name);
	if (usage && !*err.help)
		err_help(&err, "`tenon %s --help` describes the command.", cmd->name);
	if (err.code)
		log_err(&err);
	if (err.code && code >= EXIT_USAGE && !ferror(stdout) && command_line_has(&line, "json"))
		json_error_print(&err, code);
	command_line_close(&line);
	return code;
}
