// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/net/user.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/own.h"
#include "vm/net/resolver.h"
#include "vm/net/slirp.h"

#define START_MS 10000
#define END_MS   1000

/* Enough for a few of the largest frames in flight. */
#define SOCKET_BUFFER (1024 * 1024)

_Static_assert(CHILD_FIRST_FD == 3, "the numbers in passt's command line");

void user_net_passt_args(
	struct user_net_args *args, const char *program, const struct user_net_config *config)
{
	const char *const fixed[] = { program, "--foreground", "--quiet", "--fd", "3", "--pid",
		"/proc/self/fd/1" };
	const char **at = args->argv + ARRAY_SIZE(fixed);

	memcpy(args->argv, fixed, sizeof(fixed));
	if (!config->reach_host)
		*at++ = "--no-map-gw";
	if (config->resolver && *config->resolver) {
		*at++ = "--dns";
		*at++ = config->resolver;
	}
	for (unsigned i = 0; i < config->nr_forwards; i++) {
		*at++ = "--tcp-ports";
		*at++ = net_forward_passt(&config->forwards[i], args->forwards[i]);
	}
	*at = NULL;
}

void user_net_slirp_args(
	struct user_net_args *args, const char *program, const struct user_net_config *config)
{
	const char **at = args->argv;

	*at++ = program;
	*at++ = "user-network";
	*at++ = config->reach_host ? "host=on" : "host=off";
	*at++ = config->unconfined ? "sandbox=off" : "sandbox=on";
	for (unsigned i = 0; i < config->nr_forwards; i++)
		*at++ = net_forward_text(&config->forwards[i], args->forwards[i]);
	*at = NULL;
}

/*
 * Newer versions of passt close what they inherit, but for the socket and standard output, which it
 * does not use otherwise. Called between fork and exec.
 */
static int ready_is_output(const void *unused)
{
	if (dup2(CHILD_FIRST_FD + 1, STDOUT_FILENO) < 0)
		return -errno;
	close(CHILD_FIRST_FD + 1);
	return 0;
}

/*
 * Either program writes a line when it serves its first file: passt its process id, to standard
 * output, and slirp to its second file. If the program ends, both files are closed.
 */
static int await_start(struct child *child, int ready, struct err *err)
{
	struct pollfd poll_fd = { .fd = ready, .events = POLLIN };
	char byte;

	if (poll(&poll_fd, 1, START_MS) == 1 && read(ready, &byte, 1) == 1)
		return 0;
	err_set(err, EIO, "it does not start");
	return child_explain(child, err);
}

static int start(struct user_net *net, const char *name, const char *const *argv, int fd,
	int (*prepare)(const void *), const struct user_net_config *user, struct err *err)
{
	own_fd int ready = -1, ready_end = -1;
	int fds[2], pair[2], ret;
	struct child_config config = {
		.name = name,
		.argv = argv,
		.fds = fds,
		.nr_fds = 2,
		.prepare = prepare,
		.own_pids = !user->unconfined,
		.loop = user->loop,
	};

	if (pipe2(pair, O_CLOEXEC))
		return err_sys(err, errno, "cannot start %s", name);
	ready = pair[0];
	ready_end = pair[1];
	/* passt opens the pipe again, as user nobody if root started it. */
	fchmod(ready_end, 0622);
	fds[0] = fd;
	fds[1] = ready_end;
	ret = child_start(&net->child, &config, err);
	close_fd(&ready_end);
	if (!ret)
		ret = await_start(&net->child, ready, err);
	if (ret)
		child_stop(&net->child, 0);
	return ret;
}

static int start_passt(
	struct user_net *net, const struct user_net_config *config, int fd, struct err *err)
{
	static const char *const names[] = { "passt", NULL };
	struct user_net_args args;
	char program[4096];

	if (child_find(names, program, sizeof(program)))
		return err_set(err, ENOENT, "passt is not installed");
	user_net_passt_args(&args, program, config);
	net->link.mtu = NET_MTU_WITHIN;
	return start(net, "passt", args.argv, fd, ready_is_output, config, err);
}

static int start_slirp(
	struct user_net *net, const struct user_net_config *config, int fd, struct err *err)
{
	struct user_net_args args;

	user_net_slirp_args(&args, CHILD_THIS_PROGRAM, config);
	net->link.mtu = SLIRP_MTU;
	return start(net, "slirp", args.argv, fd, NULL, config, err);
}

static int start_any(
	struct user_net *net, const struct user_net_config *config, int fd, struct err *err)
{
	struct user_net_config with = *config;
	char resolver[INET6_ADDRSTRLEN] = "";
	struct err first = { 0 };
	int ret;

	if (config->program == USER_NET_SLIRP)
		return start_slirp(net, config, fd, err);
	if (!config->reach_host && !resolver_find(resolver)) {
		/* libslirp asks that name server for the guest, passt does not. */
		if (config->program == USER_NET_ANY && !start_slirp(net, config, fd, &first))
			return 0;
		log_warn("net user: the host's name server answers on the host's loopback only, "
			 "which the guest does not reach; host=on or by=slirp");
	}
	with.resolver = resolver;
	ret = start_passt(net, &with, fd, &first);
	if (!ret)
		return 0;
	*err = first;
	if (config->program == USER_NET_PASST)
		return ret;
	log_debug("%s; trying libslirp", first.text);
	ret = start_slirp(net, config, fd, err);
	if (!ret)
		return 0;
	err_set(err, EIO, "there is no network for the guest: %s", first.text);
	return err_help(err, "install the package passt, or libslirp0");
}

int user_net_open(struct user_net *net, const struct user_net_config *config, struct err *err)
{
	own_fd int ours = -1, theirs = -1;
	int pair[2], ret = 0, size = SOCKET_BUFFER;

	*net = (struct user_net){ .link = { .fd = -1 } };
	for (unsigned i = 0; i < config->nr_forwards && !ret; i++)
		ret = net_forward_check(&config->forwards[i], err);
	if (ret)
		return ret;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return err_sys(err, errno, "cannot make a socket for the guest's network");
	ours = pair[0];
	theirs = pair[1];
	setsockopt(ours, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(theirs, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	fcntl(ours, F_SETFL, O_NONBLOCK);
	ret = start_any(net, config, theirs, err);
	if (ret)
		return ret;
	net->link.fd = take_fd(&ours);
	net->link.framing = NET_COUNTED;
	net->link.no_loopback = !config->reach_host;
	return 0;
}

void user_net_close(struct user_net *net)
{
	if (!net->child.name)
		return;
	close_fd(&net->link.fd);
	child_stop(&net->child, END_MS);
}
