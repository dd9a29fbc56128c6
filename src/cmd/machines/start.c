// SPDX-License-Identifier: GPL-2.0-or-later
/* `tenon start`: a machine in the background, which is `tenon run` in a session of its own. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"
#include "base/log.h"
#include "base/own.h"
#include "cmd/cmd.h"
#include "cmd/machines/client.h"
#include "cmd/machines/defined.h"
#include "kernel/notify.h"
#include "vm/boot/firmware_vars.h"

#define LOG_MAX_OPTION "4M"

/* What the new process begins with. */
struct launch {
	const char *name, *path;
	char program[PATH_MAX];
	char socket[NOTIFY_NAME_SIZE];
	int listener, log;
	pid_t pid;
};

/* The log of the last time is kept beside it. */
static int open_log(const char *name, struct err *err)
{
	own_free char *vars = NULL, *path = defined_log(name), *old = NULL;
	int fd, ret = firmware_vars_place(name, &vars, err);

	if (ret)
		return ret;
	if (!path || asprintf(&old, "%s.old", path) < 0) {
		old = NULL;
		return err_sys(err, ENOMEM, "cannot make the log");
	}
	if (rename(path, old) && errno != ENOENT)
		return err_sys(err, errno, "cannot keep the old log %s", path);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? err_sys(err, errno, "cannot make the log %s", path) : fd;
}

static void __attribute__((noreturn)) become_machine(const struct launch *launch)
{
	const char *const argv[] = { launch->program, "run", launch->path, "--name", launch->name,
		"--log-max", LOG_MAX_OPTION, NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (setsid() < 0 || chdir("/") || null < 0 || dup2(null, STDIN_FILENO) < 0 ||
		dup2(null, STDOUT_FILENO) < 0 || dup2(launch->log, STDERR_FILENO) < 0 ||
		setenv("NOTIFY_SOCKET", launch->socket, 1))
		_exit(EXIT_CANNOT);
	execv(CHILD_THIS_PROGRAM, (char *const *)argv);
	_exit(EXIT_CANNOT);
}

static int begin(struct launch *launch, struct err *err)
{
	ssize_t n = readlink(CHILD_THIS_PROGRAM, launch->program, sizeof(launch->program) - 1);

	if (n < 0)
		return err_sys(err, errno, "cannot find this program");
	launch->program[n] = '\0';
	launch->listener = notify_listen(launch->socket, err);
	if (launch->listener < 0)
		return launch->listener;
	fflush(NULL);
	launch->pid = fork();
	if (!launch->pid)
		become_machine(launch);
	return launch->pid < 0 ? err_sys(err, errno, "cannot start %s", launch->name) : 0;
}

/* Takes what the machine has said. Returns whether its guest runs. */
static bool hear(const struct launch *launch)
{
	char text[512];
	ssize_t n;

	while ((n = notify_receive(launch->listener, launch->pid, text, sizeof(text))) != -EAGAIN) {
		if (n == -EPERM || n == -EINTR)
			continue;
		if (n < 0)
			return false;
		if (!strncmp(text, "READY=1", 7))
			return true;
		if (!strncmp(text, "STATUS=", 7))
			log_info("%s: %s", launch->name, text + 7);
	}
	return false;
}

/* The machine's own words: what it has written to its log, without the times. */
static void repeat(int log)
{
	own_file FILE *f = fdopen(dup(log), "r");
	char line[2100], shown[4096];

	if (!f || fseek(f, 0, SEEK_SET))
		return;
	while (fgets(line, sizeof(line), f)) {
		const char *text = line;

		if (strlen(line) > LOG_TIME_SIZE && line[LOG_TIME_SIZE - 1] == ' ' &&
			*line >= '0' && *line <= '9')
			text += LOG_TIME_SIZE;
		log_printable(shown, sizeof(shown), text);
		fprintf(stderr, "%s\n", shown);
	}
}

static int failed(const struct launch *launch, struct err *err)
{
	int status = 0;

	waitpid(launch->pid, &status, 0);
	repeat(launch->log);
	if (WIFEXITED(status) && WEXITSTATUS(status))
		return WEXITSTATUS(status);
	if (WIFSIGNALED(status))
		err_set(err, EIO, "%s was ended by signal %d (%s) before its guest ran",
			launch->name, WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		err_set(err, EIO, "%s has ended before its guest ran", launch->name);
	return EXIT_CANNOT;
}

/* Waits until the guest runs, or the process has ended. Returns the exit code. */
static int await(const struct launch *launch, struct err *err)
{
	own_fd int process = (int)syscall(SYS_pidfd_open, launch->pid, 0);
	struct pollfd p[] = {
		{ .fd = launch->listener, .events = POLLIN },
		{ .fd = process, .events = POLLIN },
	};

	while (process >= 0) {
		if (poll(p, ARRAY_SIZE(p), -1) < 0 && errno != EINTR)
			break;
		if (hear(launch)) {
			log_info("%s runs", launch->name);
			return EXIT_FINE;
		}
		if (p[1].revents)
			return failed(launch, err);
	}
	err_sys(err, errno, "cannot wait for %s", launch->name);
	return EXIT_CANNOT;
}

/* Refuses a file that `tenon run` would refuse, and a machine that runs. */
static int check(const char *name, struct err *err)
{
	own_free struct run_request *request = calloc(1, sizeof(*request));
	struct err none = { 0 };
	struct client client;
	int ret;

	if (!request)
		return err_sys(err, ENOMEM, "cannot start %s", name);
	ret = defined_read(request, name, err);
	run_request_free(request);
	if (ret)
		return ret;
	ret = client_connect(&client, name, &none);
	client_disconnect(&client);
	return ret ? 0 : err_set(err, EEXIST, "%s runs already", name);
}

static int start_main(const struct cmd_call *call, struct err *err)
{
	struct launch launch = { .name = call->operands[0], .listener = -1, .log = -1 };
	own_free char *path = NULL;
	int code = EXIT_CANNOT, ret = check(launch.name, err);

	if (!ret)
		ret = defined_file(launch.name, &path, err);
	launch.path = path;
	if (!ret)
		ret = launch.log = open_log(launch.name, err);
	if (ret >= 0 && !begin(&launch, err))
		code = await(&launch, err);
	close_fd(&launch.listener);
	close_fd(&launch.log);
	return code;
}

const struct cmd cmd_start = {
	.name = "start",
	.summary = "run a defined machine in the background",
	.operands = "MACHINE",
	.description = "Runs a machine that has a machine file, as `tenon new` makes it, in the "
		       "background, and\n"
		       "waits until its guest runs. If it fails, this says why, and ends as "
		       "`tenon run` did.\n"
		       "`tenon log` shows its messages, `tenon console` its serial console.\n",
	.exits = { "its guest runs", NULL, NULL, "it does not; or it runs already" },
	.main = start_main,
};
