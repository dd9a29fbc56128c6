// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "base/child.h"
#include "base/own.h"

#define PAGE 4096u

/* A later kernel may write more than its header of today says. */
#define NOTIFICATION_SIZE 512

static const char *const asked[] = { "open", "openat", "openat2", "creat", "execve", "execveat",
	"socket", "connect", "bind", NULL };

/* What works by a name, and no program does that has its files; and what passes by filters. */
static const char *const refused[] = { "fork", "vfork", "link", "linkat", "symlink", "symlinkat",
	"rename", "renameat", "renameat2", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir",
	"mknod", "mknodat", "truncate", "chmod", "fchmodat", "fchmodat2", "chown", "lchown",
	"fchownat", "utime", "utimes", "futimesat", "utimensat", "setxattr", "lsetxattr",
	"removexattr", "lremovexattr", "name_to_handle_at", "inotify_add_watch", "fanotify_init",
	"io_uring_setup", "io_uring_enter", "io_uring_register", "userfaultfd", "kill", "tkill",
	NULL };

/* Reads the text at @from of a stopped thread. Returns whether it has an end. */
static bool read_text(pid_t tid, u64 from, char *text, size_t size)
{
	size_t len = 0;

	while (len < size) {
		size_t n = PAGE - (from + len) % PAGE;
		struct iovec here = { text + len, n < size - len ? n : size - len };
		struct iovec there = { (void *)(uintptr_t)(from + len), here.iov_len };
		ssize_t got = process_vm_readv(tid, &here, 1, &there, 1, 0);

		if (got <= 0)
			return false;
		if (memchr(text + len, '\0', (size_t)got))
			return true;
		len += (size_t)got;
	}
	return false;
}

/* The descriptor for a call that opens a file of the list; else -1. */
static int find(const struct supervisor *s, const struct seccomp_notif *call)
{
	const __u64 *args = call->data.args;
	char path[PATH_MAX];
	u64 name;

	if (call->data.nr == SYS_openat)
		name = args[1];
	else if (call->data.nr == SYS_open)
		name = args[0];
	else
		return -1;
	if (!read_text((pid_t)call->pid, name, path, sizeof(path)))
		return -1;
	if (call->data.nr == SYS_openat && path[0] != '/' && (int)args[0] != AT_FDCWD)
		return -1;
	for (unsigned i = 0; i < s->nr_files; i++)
		if (!strcmp(s->files[i].path, path))
			return s->files[i].fd;
	return -1;
}

static void answer(const struct supervisor *s, int listener)
{
	union {
		struct seccomp_notif call;
		char room[NOTIFICATION_SIZE];
	} in = { .room = { 0 } };
	union {
		struct seccomp_notif_resp answer;
		char room[NOTIFICATION_SIZE];
	} out = { .room = { 0 } };
	int fd;

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &in))
		return;
	fd = find(s, &in.call);
	if (fd >= 0) {
		struct seccomp_notif_addfd give = {
			.id = in.call.id,
			.flags = SECCOMP_ADDFD_FLAG_SEND,
			.srcfd = (__u32)fd,
			.newfd_flags = O_CLOEXEC,
		};

		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &give) >= 0 || errno == ENOENT)
			return;
		out.answer.error = -errno;
	} else {
		out.answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	}
	out.answer.id = in.call.id;
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &out);
}

/* A message with one descriptor. */
union control {
	char room[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

static int send_fd(int socket, int fd)
{
	union control control = { .room = { 0 } };
	char byte = 0;
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	return sendmsg(socket, &message, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

/* Waits for it; -1 when nobody sends it any more. */
static int receive_fd(int socket)
{
	union control control = { .room = { 0 } };
	char byte;
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room) };
	struct cmsghdr *c;
	int fd = -1;

	if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) == 1) {
		c = CMSG_FIRSTHDR(&message);
		if (c && c->cmsg_type == SCM_RIGHTS)
			memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	}
	return fd;
}

static void *serve(void *owner)
{
	struct supervisor *s = owner;
	own_fd int listener = receive_fd(s->ours);

	while (listener >= 0) {
		struct pollfd fds[] = { { s->ours, POLLIN, 0 }, { listener, POLLIN, 0 } };

		if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
			continue;
		/* It is to end, or the helper has ended. */
		if (fds[0].revents || (fds[1].revents && !(fds[1].revents & POLLIN)))
			break;
		answer(s, listener);
	}
	return NULL;
}

/* No signal of the process is this thread's. */
static int start_thread(struct supervisor *s)
{
	sigset_t all, before;
	int code;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	code = pthread_create(&s->thread, NULL, serve, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	s->runs = !code;
	return code;
}

static bool sizes_fit(void)
{
	struct seccomp_notif_sizes sizes;

	return !syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) &&
	       sizes.seccomp_notif <= NOTIFICATION_SIZE &&
	       sizes.seccomp_notif_resp <= NOTIFICATION_SIZE;
}

int supervisor_open(
	struct supervisor *s, const struct supervisor_file *files, unsigned nr, struct err *err)
{
	const struct syscall_filter_config filter = {
		.asked = asked, .refused = refused, .threads = true
	};
	int pair[2], ret;

	*s = (struct supervisor){ .files = files, .nr_files = nr, .ours = -1, .theirs = -1 };
	if (!sizes_fit())
		return err_set(err, ENOSYS, "the kernel cannot supervise a helper program");
	ret = syscall_filter_make(&s->filter, &filter, err);
	if (ret)
		return ret;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return err_sys(err, errno, "cannot supervise a helper program");
	s->ours = pair[0];
	/* Where the helper's own files do not take its place. */
	s->theirs = fcntl(pair[1], F_DUPFD_CLOEXEC, CHILD_SAFE_FD);
	close(pair[1]);
	if (s->theirs < 0)
		return err_sys(err, errno, "cannot supervise a helper program");
	ret = start_thread(s);
	return ret ? err_sys(err, ret, "cannot supervise a helper program") : 0;
}

int supervisor_enter(const struct supervisor *s)
{
	int listener = syscall_filter_enforce_asking(&s->filter);

	return listener < 0 ? listener : send_fd(s->theirs, listener);
}

void supervisor_close(struct supervisor *s)
{
	if (!s->files)
		return;
	if (s->runs) {
		shutdown(s->theirs, SHUT_RDWR);
		pthread_join(s->thread, NULL);
	}
	close_fd(&s->ours);
	close_fd(&s->theirs);
	syscall_filter_free(&s->filter);
	*s = (struct supervisor){ 0 };
}
