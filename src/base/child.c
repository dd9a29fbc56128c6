// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/keeper.h"
#include "base/own.h"
#include "base/thread.h"
#include "base/trust.h"
#include "base/user_map.h"

#define EXPLAIN_MS 1000

/* Between two looks at whether the user signals again. */
#define LOOK_MS 100

/* For a helper to end when this process has ended. */
#define PATIENCE_MS 5000

/* Whether this user may run the program at @path; @real gets its path with links resolved. */
static bool can_run(const char *path, char *real, size_t size)
{
	struct stat st;

	return trust_path(path, real, size) && !stat(real, &st) && S_ISREG(st.st_mode) &&
	       !access(real, X_OK);
}

static bool find_in_path(const char *name, char *path, size_t size)
{
	const char *dir = getenv("PATH");
	char place[PATH_MAX];

	if (!dir)
		dir = "/usr/local/bin:/usr/bin:/bin";
	while (*dir) {
		size_t len = strcspn(dir, ":");

		if (len &&
			snprintf(place, sizeof(place), "%.*s/%s", (int)len, dir, name) <
				(int)sizeof(place) &&
			can_run(place, path, size))
			return true;
		dir += len + (dir[len] == ':');
	}
	return false;
}

int child_find(const char *const *names, char *path, size_t size)
{
	for (; *names; names++) {
		if (!strchr(*names, '/')) {
			if (find_in_path(*names, path, size))
				return 0;
		} else if (can_run(*names, path, size)) {
			return 0;
		}
	}
	return -ENOENT;
}

/* Runs between fork and exec, so it makes only async-signal-safe calls. Returns an errno. */
static int place_fds(const int *fds, unsigned nr, int output, int *report)
{
	int high[CHILD_MAX_FDS];
	int null = open("/dev/null", O_RDONLY);

	*report = fcntl(*report, F_DUPFD_CLOEXEC, CHILD_SAFE_FD);
	for (unsigned i = 0; i < nr; i++)
		high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, CHILD_SAFE_FD);
	if (null < 0 || dup2(null, 0) < 0 || dup2(output, 1) < 0 || dup2(1, 2) < 0)
		return errno;
	for (unsigned i = 0; i < nr; i++)
		if (dup2(high[i], CHILD_FIRST_FD + (int)i) < 0)
			return errno;
	return 0;
}

static void settle_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int n = 1; n < NSIG; n++)
		signal(n, SIG_DFL);
}

/* In the helper's process, from its start. */
static void __attribute__((noreturn))
become(const struct child_config *config, pid_t keeper, int output, int report)
{
	unsigned nr = config->nr_fds;
	int code;

	/* Keep Ctrl-C on the terminal from the child: the machine ends its children itself. */
	setsid();
	settle_signals();
	code = place_fds(config->fds, nr, output, &report);
	if (!code && config->prepare)
		code = -config->prepare(config->prepare_argument);
	/* After a change of the user, which clears it. */
	if (!code && prctl(PR_SET_PDEATHSIG, SIGKILL))
		code = errno;
	if (syscall(SYS_getppid) != keeper)
		_exit(0);
	if (!code) {
		int first = CHILD_FIRST_FD + (int)nr;

		syscall(SYS_close_range, first, report - 1, 0);
		syscall(SYS_close_range, report + 1, ~0u, 0);
		execv(config->argv[0], (char *const *)config->argv);
		code = errno;
	}
	if (write(report, &code, sizeof(code)) < 0)
		_exit(126);
	_exit(127);
}

/* In the keeper's process, from its start. */
static void __attribute__((noreturn))
keep(const struct child_config *config, int orders, int output, int report)
{
	unsigned patience = config->patience ? config->patience : PATIENCE_MS;
	pid_t keeper = (pid_t)syscall(SYS_getpid), helper;
	int code;

	setsid();
	helper = keeper_fork(0);
	if (!helper)
		become(config, keeper, output, report);
	if (helper > 0)
		keeper_run(orders, helper, patience);
	code = errno;
	_exit(write(report, &code, sizeof(code)) < 0 ? 126 : 127);
}

static void keep_line(struct child *child)
{
	size_t len = strlen(child->said);

	snprintf(
		child->said + len, sizeof(child->said) - len, "%s%s", len ? "; " : "", child->line);
	log_debug("%s: %s", child->name, child->line);
}

static void take_line(struct child *child)
{
	unsigned held;

	child->line[child->line_len] = '\0';
	for (char *p = child->line; *p; p++)
		if ((u8)*p < ' ' || *p == 0x7f)
			*p = ' ';
	if (child->line_len) {
		if (!child->works)
			keep_line(child);
		else if (log_limit_pass(&child->limit, &held))
			log_warn("%s: %s", child->name, child->line);
	}
	child->line_len = 0;
}

/* Returns whether more output may follow. */
static bool read_output(struct child *child)
{
	char bytes[1024];
	ssize_t n = read(child->output_fd, bytes, sizeof(bytes));

	for (ssize_t i = 0; i < n; i++) {
		if (bytes[i] == '\n' || child->line_len == sizeof(child->line) - 1)
			take_line(child);
		if (bytes[i] != '\n')
			child->line[child->line_len++] = bytes[i];
	}
	if (!n)
		take_line(child);
	return n > 0;
}

static void on_output(void *owner, u32 events)
{
	struct child *child = owner;

	if (!read_output(child) && events & EPOLLHUP)
		loop_remove(child->loop, &child->output_source);
}

/* Reads what the child printed before it ended, but no more than a pipe holds. */
static void drain(struct child *child)
{
	for (unsigned n = 0; child->output_fd >= 0 && n < 64 && read_output(child); n++)
		;
	if (child->line_len)
		take_line(child);
}

/*
 * The exit status of the helper, which the keeper sends before it ends. If there was an order that
 * the keeper has not read, the first call fails, and the message is behind that.
 */
static bool take_status(int keeper_fd, int *status)
{
	for (unsigned n = 0; n < 2; n++) {
		if (recv(keeper_fd, status, sizeof(*status), MSG_DONTWAIT) == sizeof(*status))
			return true;
		if (errno != ECONNRESET)
			return false;
	}
	return false;
}

/* How a child has ended: as its keeper says, unless that was killed itself. */
static void reap(struct child *child, char *how, size_t size)
{
	int status = 0, of_helper;

	waitpid(child->pid, &status, 0);
	child->pid = 0;
	if (take_status(child->keeper_fd, &of_helper))
		status = of_helper;
	if (WIFSIGNALED(status))
		snprintf(how, size, "was ended by signal %d (%s)", WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	else
		snprintf(how, size, "exited with status %d", WEXITSTATUS(status));
}

static void on_end(void *owner, u32 events)
{
	struct child *child = owner;
	char how[64];

	loop_remove(child->loop, &child->end_source);
	loop_remove(child->loop, &child->output_source);
	drain(child);
	reap(child, how, sizeof(how));
	if (child->ended)
		child->ended(child->owner, how);
	else
		log_warn("%s %s%s%s", child->name, how, child->works || !*child->said ? "" : ": ",
			child->works ? "" : child->said);
}

static int watch(struct child *child, struct err *err)
{
	child->end_source = (struct loop_source){
		.fd = child->pid_fd, .events = EPOLLIN, .ready = on_end, .owner = child
	};
	child->output_source = (struct loop_source){
		.fd = child->output_fd, .events = EPOLLIN, .ready = on_output, .owner = child
	};
	int ret = loop_add(child->loop, &child->end_source, err);

	return ret ? ret : loop_add(child->loop, &child->output_source, err);
}

/* Waits until the program runs. Returns an errno if it could not be started. */
static int await_exec(int report)
{
	int code = 0;
	ssize_t n;

	do
		n = read(report, &code, sizeof(code));
	while (n < 0 && errno == EINTR);
	return n == sizeof(code) ? code : 0;
}

/* The next in order if the host does not let this process make one. */
static unsigned long next_namespaces(const struct child_config *config, unsigned long now)
{
	if (now == CLONE_NEWPID && geteuid())
		return CLONE_NEWUSER | CLONE_NEWPID;
	if (now & CLONE_NEWUSER && !geteuid() && config->own_pids)
		return CLONE_NEWPID;
	return 0;
}

/*
 * Returns twice, as fork() does. A keeper that has a user namespace waits until its users have
 * numbers.
 */
static pid_t fork_keeper(const struct child_config *config, int ours, int theirs)
{
	unsigned long namespaces = (config->own_pids ? CLONE_NEWPID : 0) |
				   (config->own_users && !geteuid() ? CLONE_NEWUSER : 0);
	char go = 0;

	for (;;) {
		pid_t pid = keeper_fork(namespaces);

		if (!pid) {
			/* Only the machine's process has this end, so that its own end is seen. */
			close(ours);
			if (namespaces & CLONE_NEWUSER && recv(theirs, &go, 1, 0) != 1)
				_exit(127);
			return 0;
		}
		if (pid > 0 && !(namespaces & CLONE_NEWUSER))
			return pid;
		if (pid > 0 && !user_map_write(pid)) {
			if (send(ours, &go, 1, MSG_NOSIGNAL) == 1)
				return pid;
		}
		if (pid > 0) {
			kill(pid, SIGKILL);
			waitpid(pid, NULL, 0);
		} else if (!namespaces) {
			return pid;
		}
		namespaces = next_namespaces(config, namespaces);
	}
}

static void raise_limit(const struct child *child, const struct child_config *config)
{
	const struct rlimit files = { config->files, config->files };

	if (config->files && !geteuid())
		prlimit(child->pid, RLIMIT_NOFILE, &files, NULL);
}

static int spawn(struct child *child, const struct child_config *config, struct err *err)
{
	own_fd int output = -1, report = -1, report_end = -1, orders = -1;
	int pair[2], code;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return err_sys(err, errno, "cannot start %s", config->name);
	child->keeper_fd = pair[0];
	orders = pair[1];
	if (pipe2(pair, O_CLOEXEC))
		return err_sys(err, errno, "cannot start %s", config->name);
	child->output_fd = pair[0];
	output = pair[1];
	fcntl(child->output_fd, F_SETFL, O_NONBLOCK);
	if (pipe2(pair, O_CLOEXEC))
		return err_sys(err, errno, "cannot start %s", config->name);
	report = pair[0];
	report_end = pair[1];
	child->pid = fork_keeper(config, child->keeper_fd, orders);
	if (!child->pid)
		keep(config, orders, output, report_end);
	if (child->pid < 0) {
		code = errno;
		child->pid = 0;
		return err_sys(err, code, "cannot start %s", config->name);
	}
	raise_limit(child, config);
	close_fd(&report_end);
	code = await_exec(report);
	if (code)
		return err_sys(err, code, "cannot run %s", config->argv[0]);
	child->pid_fd = (int)syscall(SYS_pidfd_open, child->pid, 0);
	if (child->pid_fd < 0)
		return err_sys(err, errno, "cannot watch %s", config->name);
	return 0;
}

int child_start(struct child *child, const struct child_config *config, struct err *err)
{
	int ret;

	*child = (struct child){
		.name = config->name,
		.loop = config->loop,
		.ended = config->ended,
		.owner = config->owner,
		.pid_fd = -1,
		.output_fd = -1,
		.keeper_fd = -1,
	};
	if (config->nr_fds > CHILD_MAX_FDS)
		return err_set(err, EINVAL, "too many files for %s", config->name);
	ret = spawn(child, config, err);
	if (!ret)
		ret = watch(child, err);
	if (ret)
		child_stop(child, 0);
	return ret;
}

void child_works(struct child *child)
{
	child->works = true;
}

static bool has_ended(const struct child *child, int patience)
{
	struct pollfd poll_end = { .fd = child->pid_fd, .events = POLLIN };

	return child->pid_fd >= 0 && poll(&poll_end, 1, patience) > 0;
}

int child_explain(struct child *child, struct err *err)
{
	char how[64] = "runs, but does not answer";

	if (child->pid && has_ended(child, EXPLAIN_MS)) {
		loop_remove(child->loop, &child->end_source);
		loop_remove(child->loop, &child->output_source);
		reap(child, how, sizeof(how));
	}
	drain(child);
	if (!*child->said)
		return err_wrap(err, "%s %s", child->name, how);
	err_set(err, err->code ? err->code : EIO, "%s %s", child->name, how);
	return err_help(err, "It said: %s", child->said);
}

/* The same, but not when the user has lost patience and signals again. */
static bool ends_within(const struct child *child, int patience)
{
	for (int left = patience; left > 0; left -= LOOK_MS) {
		if (has_ended(child, left < LOOK_MS ? left : LOOK_MS))
			return true;
		if (thread_end_is_asked())
			return false;
	}
	return has_ended(child, 0);
}

static void order(const struct child *child, char what)
{
	send(child->keeper_fd, &what, sizeof(what), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void child_kill(struct child *child)
{
	if (child->name && child->pid)
		order(child, KEEPER_KILL);
}

void child_stop(struct child *child, int patience)
{
	char how[64];

	if (!child->name)
		return;
	loop_remove(child->loop, &child->end_source);
	loop_remove(child->loop, &child->output_source);
	/* The child was asked to end: do not show the user what it says about that. */
	child->works = false;
	if (child->pid) {
		order(child, patience ? KEEPER_TERM : KEEPER_KILL);
		if (patience && !ends_within(child, patience)) {
			log_warn("%s does not end; killing it", child->name);
			order(child, KEEPER_KILL);
		}
		reap(child, how, sizeof(how));
	}
	drain(child);
	close_fd(&child->pid_fd);
	close_fd(&child->output_fd);
	close_fd(&child->keeper_fd);
	child->name = NULL;
}
