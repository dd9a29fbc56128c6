// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/sandbox/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "base/privileges.h"
#include "kernel/account.h"
#include "kernel/confine.h"
#include "kernel/every_thread.h"
#include "kernel/landlock.h"
#include "kernel/syscall_filter.h"
#include "vm/sandbox/calls.h"
#include "vm/sandbox/helpers.h"

struct sandbox {
	const struct sandbox_config *config;
	int ruleset; /* -1: the kernel has no Landlock */
	int abi;     /* Landlock's ABI version */
	struct account account;
	struct syscall_filter filters[NR_THREAD_KINDS];
};

/* What the C library loads late, the attributes of devices in sysfs, and the local time zone. */
static const struct landlock_rule rules[] = {
	{ "/usr", LANDLOCK_READ | LANDLOCK_EXECUTE },
	{ "/lib", LANDLOCK_READ | LANDLOCK_EXECUTE },
	{ "/lib64", LANDLOCK_READ | LANDLOCK_EXECUTE },
	{ "/etc/ld.so.cache", LANDLOCK_READ },
	{ "/etc/localtime", LANDLOCK_READ },
	{ "/sys", LANDLOCK_READ },
	{ "/proc/self", LANDLOCK_READ },
	{ "/dev/null", LANDLOCK_READ | LANDLOCK_WRITE },
};

/* Warns of a feature that the host lacks; in strict mode this is an error. */
static int lacks(const struct sandbox *sandbox, const char *what, int code, struct err *err)
{
	if (sandbox->config->mode != SANDBOX_STRICT) {
		log_info("sandbox: the host has no %s (%s)", what, strerror(code));
		return 0;
	}
	err_sys(err, code, "--sandbox strict: the host has no %s", what);
	return err_help(err, "See that its kernel has that, or take --sandbox on.");
}

static int open_landlock(struct sandbox *sandbox, struct err *err)
{
	struct landlock_rule all[ARRAY_SIZE(rules) + 2];
	own_free char *socket = sandbox->config->socket ? strdup(sandbox->config->socket) : NULL;
	own_free char *control = sandbox->config->control ? strdup(sandbox->config->control) : NULL;
	unsigned nr = ARRAY_SIZE(rules);

	memcpy(all, rules, sizeof(rules));
	if (socket)
		all[nr++] = (struct landlock_rule){ dirname(socket), LANDLOCK_REMOVE };
	if (control)
		all[nr++] = (struct landlock_rule){ dirname(control), LANDLOCK_REMOVE };
	sandbox->abi = landlock_abi();
	sandbox->ruleset = landlock_open(all, nr);
	if (sandbox->ruleset >= 0)
		return 0;
	return lacks(sandbox, "Landlock", -sandbox->ruleset, err);
}

static int make_filters(struct sandbox *sandbox, struct err *err)
{
	int ret = syscall_filter_report();

	if (ret)
		return err_sys(err, -ret, "cannot set up the sandbox");
	for (unsigned kind = 0; kind < NR_THREAD_KINDS && !ret; kind++) {
		const char *names[SANDBOX_MAX_CALLS];
		const struct syscall_filter_config config = {
			.allowed = names,
			.fatal = sandbox_fatal_calls,
			.threads = kind == THREAD_MAIN || kind == THREAD_VCPU,
			.log = sandbox->config->mode == SANDBOX_LOG,
		};

		sandbox_calls_of(kind, names);
		ret = syscall_filter_make(&sandbox->filters[kind], &config, err);
	}
	return ret;
}

static int bound_thread(void *argument)
{
	privileges_bound(0);
	return 0;
}

/*
 * The C library changes the user of all threads. What would bring capabilities back goes first,
 * while the threads have the right to take it away.
 */
static int become(const struct account *account, struct err *err)
{
	int ret = every_thread(bound_thread, NULL, err);

	if (ret)
		return ret;
	if (setgroups(0, NULL) || setresgid(account->gid, account->gid, account->gid) ||
		setresuid(account->uid, account->uid, account->uid))
		return err_sys(err, errno, "cannot become the user %s", account->name);
	return 0;
}

/* Whoever asks for root has root in strict mode, too. */
static int choose_user(struct sandbox *sandbox, struct err *err)
{
	const struct sandbox_config *config = sandbox->config;
	int ret = account_choose(&sandbox->account, config->user, err);

	if (ret || geteuid() || sandbox->account.changes || config->user ||
		config->mode != SANDBOX_STRICT)
		return ret;
	err_set(err, ENOENT, "--sandbox strict: the machine would stay root: %s",
		sandbox->account.why);
	return err_help(err,
		"Make the user (`systemd-sysusers`, or useradd --system " ACCOUNT_SYSTEM
		"), or name one with --user, which may be root.");
}

/* Memory is also mapped for devices later, when the process no longer has CAP_IPC_LOCK. */
static void raise_memlock(void)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	if (!geteuid() && setrlimit(RLIMIT_MEMLOCK, &all))
		log_debug("the limit of locked memory stays: %s", strerror(errno));
}

/* Called on every thread: the restrictions are per thread. */
static int restrict_thread(void *argument)
{
	const struct sandbox *sandbox = argument;

	return confine_self(sandbox->ruleset, 0, &sandbox->filters[thread_kind()]);
}

static void say(const struct sandbox *sandbox)
{
	const struct account *account = &sandbox->account;
	char files[48] = "files by name are not restricted";

	if (sandbox->ruleset >= 0)
		snprintf(files, sizeof(files), "Landlock (ABI %d)", sandbox->abi);
	log_debug("sandbox: %s%s (%s), no capabilities, no new privileges, %s, system calls %s",
		account->changes ? "user " : "the same user", account->name, account->why, files,
		sandbox->config->mode == SANDBOX_LOG ? "are logged" : "by kind of thread");
}

int sandbox_enter(const struct sandbox_config *config, struct err *err)
{
	struct sandbox sandbox = { .config = config, .ruleset = -1 };
	int ret;

	if (config->mode == SANDBOX_OFF) {
		log_debug("sandbox: off");
		return 0;
	}
	ret = choose_user(&sandbox, err);
	raise_memlock();
	if (!ret && config->mode != SANDBOX_LOG)
		ret = open_landlock(&sandbox, err);
	if (!ret)
		ret = helpers_hold(config->mode == SANDBOX_STRICT, err);
	if (!ret)
		ret = make_filters(&sandbox, err);
	if (!ret && sandbox.account.changes)
		ret = become(&sandbox.account, err);
	if (!ret)
		ret = every_thread(restrict_thread, &sandbox, err);
	if (!ret)
		say(&sandbox);
	close_fd(&sandbox.ruleset);
	for (unsigned kind = 0; kind < NR_THREAD_KINDS; kind++)
		syscall_filter_free(&sandbox.filters[kind]);
	return ret;
}
