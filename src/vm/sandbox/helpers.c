// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/sandbox/helpers.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "kernel/sysroot.h"

#define MAX_HELPERS 64
#define DEPTH       5 /* of a helper's own children */
#define SETTLE_MS   1000

/* With one of these a program could do anything to the host. */
#define RULES_THE_HOST                                                                    \
	(BIT_ULL(CAP_SYS_ADMIN) | BIT_ULL(CAP_SYS_PTRACE) | BIT_ULL(CAP_SYS_MODULE) |     \
		BIT_ULL(CAP_SYS_RAWIO) | BIT_ULL(CAP_SYS_BOOT) | BIT_ULL(CAP_NET_ADMIN) | \
		BIT_ULL(CAP_BPF))

static const char *const namespaces[] = { "user", "mnt", "net", "ipc", "pid" };

/* These serve a network, and so are in the host's. */
static const char *const networks[] = { "passt", "passt.avx2", "tenon-slirp" };

struct helper {
	char name[32];
	unsigned uid;
	u64 caps;
	bool no_new, filtered;
	bool shown; /* the kernel shows this user its namespaces */
	bool own[ARRAY_SIZE(namespaces)];
};

struct look {
	struct sysroot host;
	int pids[MAX_HELPERS];
	unsigned nr;
};

static const char *line_of(const char *status, const char *key)
{
	const char *line = strstr(status, key);

	return line ? line + strlen(key) : "";
}

/* The processes without children below @pid: a helper may wait for one that does its work. */
static void find(struct look *look, int pid, unsigned depth)
{
	char path[64], text[512], *at = text, *end;
	bool leaf = true;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	if (depth && sysroot_text(&look->host, path, text, sizeof(text)) > 0) {
		for (long child; (child = strtol(at, &end, 10)) > 0 && end != at; at = end) {
			find(look, (int)child, depth - 1);
			leaf = false;
		}
	}
	if (leaf && pid != getpid() && look->nr < MAX_HELPERS)
		look->pids[look->nr++] = pid;
}

static bool is_own(const struct look *look, int pid, const char *which, bool *shown)
{
	char path[64], theirs[64], ours[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, which);
	*shown = sysroot_link(&look->host, path, theirs, sizeof(theirs)) > 0;
	if (!*shown)
		return false;
	snprintf(path, sizeof(path), "/proc/self/ns/%s", which);
	return sysroot_link(&look->host, path, ours, sizeof(ours)) > 0 && strcmp(ours, theirs);
}

/* Returns whether the process is still there. */
static bool read_helper(const struct look *look, int pid, struct helper *helper)
{
	char path[64], status[4096];

	*helper = (struct helper){ 0 };
	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	sysroot_text(&look->host, path, helper->name, sizeof(helper->name));
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (sysroot_text(&look->host, path, status, sizeof(status)) <= 0)
		return false;
	helper->uid = (unsigned)strtoul(line_of(status, "\nUid:"), NULL, 10);
	helper->caps = strtoull(line_of(status, "\nCapEff:"), NULL, 16);
	helper->no_new = strtol(line_of(status, "\nNoNewPrivs:"), NULL, 10) == 1;
	helper->filtered = strtol(line_of(status, "\nSeccomp:"), NULL, 10) == 2;
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++)
		helper->own[i] = is_own(look, pid, namespaces[i], &helper->shown);
	return true;
}

/* Inside a user namespace of its own, capabilities are for what is in that. */
static u64 caps_on_host(const struct helper *helper)
{
	return helper->own[0] ? 0 : helper->caps;
}

static bool serves_network(const struct helper *helper)
{
	for (size_t i = 0; i < ARRAY_SIZE(networks); i++)
		if (!strcmp(helper->name, networks[i]))
			return true;
	return false;
}

/* What is missing, or NULL. */
static const char *missing(const struct helper *helper)
{
	if (!helper->filtered)
		return "no filter of system calls";
	if (caps_on_host(helper) & RULES_THE_HOST)
		return "capabilities by which it rules the host";
	/* A process that is not to be traced shows its namespaces to root only. */
	if (helper->shown && !helper->own[2] && !serves_network(helper))
		return "the host's network";
	return NULL;
}

static void say(const struct helper *helper)
{
	char own[64] = "", caps[80] = "no capabilities";

	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++)
		if (helper->own[i])
			snprintf(own + strlen(own), sizeof(own) - strlen(own), "%s%s",
				*own ? ", " : "", namespaces[i]);
	if (helper->caps)
		snprintf(caps, sizeof(caps), "capabilities %llx%s",
			(unsigned long long)helper->caps,
			helper->own[0] ? " in its user namespace" : "");
	log_debug("sandbox: helper %s: user %u, namespaces of its own: %s; %s%s, %s", helper->name,
		helper->uid,
		*own            ? own
		: helper->shown ? "none"
				: "not shown to this user",
		caps, helper->no_new ? ", no new privileges" : "",
		helper->filtered ? "system calls are filtered" : "no filter of system calls");
}

/* A helper may serve a moment before it has given up the last of its rights. */
static bool settle(const struct look *look, int pid, struct helper *helper)
{
	for (unsigned ms = 0; read_helper(look, pid, helper); ms += 10) {
		if (!missing(helper) || ms >= SETTLE_MS)
			return true;
		usleep(10 * 1000);
	}
	return false;
}

int helpers_hold(bool strict, struct err *err)
{
	struct look look = { .nr = 0 };
	int ret = sysroot_open(&look.host, "", err);

	if (ret)
		return ret;
	find(&look, getpid(), DEPTH);
	for (unsigned i = 0; i < look.nr && !ret; i++) {
		struct helper helper;
		const char *what;

		if (!(strict ? settle(&look, look.pids[i], &helper)
			     : read_helper(&look, look.pids[i], &helper)))
			continue;
		say(&helper);
		what = missing(&helper);
		if (!strict || !what)
			continue;
		ret = err_set(
			err, EPERM, "--sandbox strict: the helper %s has %s", helper.name, what);
		err_help(err, "Take --sandbox on, or leave out what it serves.");
	}
	sysroot_close(&look.host);
	return ret;
}
