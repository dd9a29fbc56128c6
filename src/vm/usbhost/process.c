// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/usbhost/process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/own.h"
#include "kernel/confine.h"
#include "kernel/memory_file.h"

#define START_MS 15000
/* At the end a device is reset before the host's drivers get it; one that hangs takes long. */
#define END_MS 15000

static void on_end(void *owner, const char *how)
{
	struct usb_process *process = owner;

	log_warn("the process that has the guest's USB %s %s; the guest goes on without it",
		process->name, how ? how : "has ended");
	loop_remove(process->loop, &process->source);
	usb_host_lose(&process->host);
}

static void on_message(void *owner, u32 events)
{
	struct usb_process *process = owner;

	if (usb_host_hear(&process->host))
		return;
	loop_remove(process->loop, &process->source);
	usb_host_lose(&process->host);
}

static int make_memory(struct usb_process *process, struct err *err)
{
	void *memory;

	process->memory_fd = memory_file_make("usb", sizeof(*process->memory));
	if (process->memory_fd < 0)
		return err_sys(err, -process->memory_fd, "cannot make memory for a USB device");
	memory = mmap(NULL, sizeof(*process->memory), PROT_READ | PROT_WRITE, MAP_SHARED,
		process->memory_fd, 0);
	if (memory == MAP_FAILED)
		return err_sys(err, errno, "cannot make memory for a USB device");
	process->memory = memory;
	return 0;
}

/* It is this user, who may open the device's file; its worker is nobody. */
static int confine(struct confine *confined, struct err *err)
{
	static const struct landlock_rule rules[] = {
		{ CHILD_THIS_PROGRAM, LANDLOCK_READ | LANDLOCK_EXECUTE },
		{ "/dev/bus/usb", LANDLOCK_READ | LANDLOCK_WRITE },
		{ "/sys", LANDLOCK_READ },
	};
	int ret = confine_open(confined, rules, ARRAY_SIZE(rules), err);

	/* Where it is not root, the network namespace takes one of users. */
	confined->isolated = geteuid() != 0;
	confined->keep = BIT_ULL(CAP_SETUID) | BIT_ULL(CAP_SETGID) | BIT_ULL(CAP_KILL);
	return ret;
}

/* The first message says whether the device is there, and stays for later. */
static int await_ready(struct usb_process *process, struct err *err)
{
	struct pollfd readable = { .fd = process->link, .events = POLLIN };
	struct usb_link_message message;

	if (poll(&readable, 1, START_MS) == 1 &&
		recv(process->link, &message, sizeof(message), MSG_PEEK | MSG_DONTWAIT) ==
			sizeof(message)) {
		child_works(&process->child);
		return 0;
	}
	err_set(err, EIO, "the guest cannot get the USB device %s", process->name);
	return child_explain(&process->child, err);
}

static int start(struct usb_process *process, const struct usb_host_config *config, int theirs,
	struct err *err)
{
	own_fd int mounts = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	own_fd int swaps = open(mounts < 0 ? "/dev/null" : "/proc/swaps", O_RDONLY | O_CLOEXEC);
	const int fds[] = { theirs, process->memory_fd, mounts, swaps };
	const char *const argv[] = { CHILD_THIS_PROGRAM, "usb-server", process->name,
		config->force ? "force" : "ask", NULL };
	struct confine confined;
	const struct child_config child = {
		.name = "usb",
		.argv = argv,
		.fds = fds,
		.nr_fds = ARRAY_SIZE(fds),
		.prepare = confine_enter,
		.prepare_argument = &confined,
		.patience = END_MS,
		.loop = process->loop,
		.ended = on_end,
		.owner = process,
	};
	int ret;

	if (mounts < 0 || swaps < 0)
		return err_sys(err, errno, "cannot read what this host has mounted");
	ret = confine(&confined, err);
	if (!ret)
		ret = child_start(&process->child, &child, err);
	confine_close(&confined);
	return ret ? ret : await_ready(process, err);
}

int usb_process_open(struct usb_process *process, const struct usb_host_config *config,
	struct loop *loop, struct err *err)
{
	own_fd int theirs = -1;
	int pair[2], ret;

	*process = (struct usb_process){ .loop = loop, .memory_fd = -1, .link = -1 };
	usb_match_text(&config->match, process->name);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return err_sys(err, errno, "cannot make a socket for a USB device");
	process->link = pair[0];
	theirs = pair[1];
	ret = make_memory(process, err);
	if (!ret)
		ret = start(process, config, theirs, err);
	if (ret)
		usb_process_close(process);
	return ret;
}

int usb_process_attach(
	struct usb_process *process, const struct usb_host_ops *ops, void *owner, struct err *err)
{
	usb_host_init(&process->host, process->name, process->link, process->memory, ops, owner);
	process->source = (struct loop_source){
		.fd = process->link, .events = EPOLLIN, .ready = on_message, .owner = process
	};
	usb_host_hear(&process->host);
	return loop_add(process->loop, &process->source, err);
}

void usb_process_close(struct usb_process *process)
{
	if (!process->loop)
		return;
	loop_remove(process->loop, &process->source);
	usb_host_lose(&process->host);
	/* The process gives the device back because the socket is closed. */
	close_fd(&process->link);
	child_stop(&process->child, END_MS);
	if (process->memory)
		munmap(process->memory, sizeof(*process->memory));
	close_fd(&process->memory_fd);
	process->loop = NULL;
}
