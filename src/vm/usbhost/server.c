// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/usbhost/server.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/usbdevice_fs.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "kernel/confine.h"
#include "vm/usbhost/worker.h"

#define LOOK_MS      1000 /* between two looks for the device; longer after failures: */
#define MAX_FAILURES 6
#define TEXT_SIZE    (256 * KIB)
#define PATH_SIZE    64

/* Says what is in the way, once. */
static void PRINTF(2, 3) say(struct usb_server *server, const char *format, ...)
{
	char text[sizeof(server->said)];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	if (!strcmp(text, server->said))
		return;
	memcpy(server->said, text, sizeof(text));
	dprintf(STDERR_FILENO, "%s: %s\n", server->name, text);
}

static void tell(const struct usb_server *server, enum usb_link_kind kind, bool is_there)
{
	const struct usb_link_message message = { .kind = (u8)kind, .status = is_there };

	send(server->link, &message, sizeof(message), MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* A file of /proc, as it is now. */
static char *read_again(int fd)
{
	char *text = fd < 0 ? NULL : malloc(TEXT_SIZE);
	size_t size = 0;
	ssize_t nr = -1;

	while (text && size < TEXT_SIZE - 1 &&
		(nr = pread(fd, text + size, TEXT_SIZE - 1 - size, (off_t)size)) > 0)
		size += (size_t)nr;
	if (text)
		text[size] = '\0';
	return text;
}

/* Writes the device that is meant to *@found. Returns false if it is not there. */
static bool find(const struct usb_server *server, struct usb_device_facts *found)
{
	own_free char *mounted = read_again(server->mounts), *swaps = read_again(server->swaps);
	const struct usb_mounts mounts = { mounted, swaps };
	struct usb_devices devices;
	bool is_there = false;

	if (usb_devices_read(&server->sysroot, &mounts, &devices))
		return false;
	for (unsigned i = 0; i < devices.nr && !is_there; i++) {
		const struct usb_device_facts *device = &devices.list[i];

		is_there = usb_match_is(&server->config.match, device->vendor, device->product,
			device->serial, device->port);
		if (is_there)
			*found = *device;
	}
	usb_devices_free(&devices);
	return is_there;
}

/* Why it cannot be taken now, or NULL. */
static const char *objection(const struct usb_server *server, const struct usb_device_facts *device)
{
	if (usb_device_is_hub(device))
		return "it is a hub; name the devices behind it";
	if (usb_device_is_taken(device))
		return "another program has it, perhaps another machine; the guest gets it when "
		       "that lets it go";
	return NULL;
}

static int open_file(const struct usb_device_facts *device)
{
	char path[PATH_SIZE];
	int fd;

	snprintf(path, sizeof(path), "/dev/bus/usb/%03u/%03u", device->bus, device->address);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static enum usb_speed speed_of(const struct usb_device_facts *device)
{
	double speed = strtod(device->speed, NULL);

	return speed >= 5000  ? USB_SUPER
	       : speed >= 480 ? USB_HIGH
	       : speed >= 12  ? USB_FULL
			      : USB_LOW;
}

/*
 * The host's drivers look at the device again, as after plugging it in. @kept is its file, on which
 * nothing was claimed.
 */
static void give_back(const struct usb_server *server, int kept, const struct usb_device_facts *was)
{
	struct usb_device_facts now;
	unsigned configuration = was->configuration;

	if (ioctl(kept, USBDEVFS_RESET) && errno == ENODEV)
		return;
	if (find(server, &now) && now.configuration != configuration && configuration)
		ioctl(kept, USBDEVFS_SETCONFIGURATION, &configuration);
	for (unsigned i = 0; i < was->nr_interfaces; i++) {
		struct usbdevfs_ioctl connect = {
			.ifno = was->interfaces[i].number,
			.ioctl_code = USBDEVFS_CONNECT,
		};

		if (ioctl(kept, USBDEVFS_IOCTL, &connect) < 0 && errno == ENODEV)
			return;
	}
}

/* In the worker: libusb needs these, and nothing by name. */
static const char *const allowed[] = { "read", "write", "readv", "writev", "pread64", "lseek",
	"recvfrom", "sendto", "poll", "ppoll", "ioctl", "timerfd_settime", "futex", "brk", "mmap",
	"munmap", "mremap", "mprotect", "madvise", "clock_gettime", "gettimeofday", "close",
	"fcntl", "fstat", "newfstatat", "readlink", "readlinkat", "getrandom", "getpid", "getppid",
	"gettid", "uname", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "prctl",
	"restart_syscall", "sched_yield", "exit", "exit_group", NULL };

static int confine_worker(struct err *err)
{
	const struct syscall_filter_config config = { .allowed = allowed };
	struct syscall_filter filter;
	int ret = syscall_filter_make(&filter, &config, err);
	int ruleset = landlock_open(NULL, 0);

	if (ret)
		return ret;
	if (!geteuid())
		ret = confine_become(CONFINE_NOBODY, CONFINE_NOBODY);
	/* A change of the user clears it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_DUMPABLE, 0);
	if (!ret)
		ret = syscall_filter_report();
	if (!ret)
		ret = confine_self(ruleset, 0, &filter);
	close_fd(&ruleset);
	syscall_filter_free(&filter);
	return ret ? err_sys(err, -ret, "cannot give up rights") : 0;
}

static void close_others(int file)
{
	syscall(SYS_close_range, STDERR_FILENO + 1, file - 1, 0);
	syscall(SYS_close_range, file + 1, ~0u, 0);
}

/* The worker's process, from its start. */
static void __attribute__((noreturn))
work(struct usb_server *server, const struct usb_device_facts *device, int file)
{
	static struct usb_worker worker;
	pid_t parent = getppid();
	struct err err = { 0 };
	sigset_t none;
	int ret;

	worker = (struct usb_worker){
		.usb = server->usb,
		.memory = server->memory,
		.generation = server->generation,
		.speed = speed_of(device),
	};
	/* Two files are left: the link, where the standard input was, and the device. */
	worker.link = dup2(server->link, STDIN_FILENO);
	worker.file = file;
	close_others(file);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_NAME, "tenon-usb-dev");
	ret = usb_worker_open(&worker, &err);
	if (!ret)
		ret = confine_worker(&err);
	if (!ret && getppid() != parent)
		_exit(0);
	if (!ret)
		ret = usb_worker_take(&worker, &err);
	if (!ret)
		usb_worker_run(&worker);
	else
		dprintf(STDERR_FILENO, "%s: %s\n", server->name, err.text);
	_exit(ret ? 1 : 0);
}

/* Waits for a signal, the machine's end, or the time. Returns false if the machine has ended. */
static bool rest(const struct usb_server *server, int ms)
{
	struct pollfd files[] = { { server->link, 0, 0 }, { server->signals, POLLIN, 0 } };
	struct signalfd_siginfo signal;
	bool ended;

	if (poll(files, ARRAY_SIZE(files), ms) < 0)
		return errno == EINTR;
	ended = files[0].revents;
	while (read(server->signals, &signal, sizeof(signal)) == sizeof(signal))
		ended |= signal.ssi_signo == SIGTERM;
	return !ended;
}

/* Returns false if the machine has ended. The worker has ended then, too. */
static bool await_worker(struct usb_server *server, pid_t pid)
{
	bool goes_on = true;
	int status = 0;

	while (goes_on && waitpid(pid, &status, WNOHANG) != pid)
		goes_on = rest(server, -1);
	if (!goes_on) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	} else if (WIFSIGNALED(status)) {
		say(server, "the process that has it was ended by signal %d (%s)", WTERMSIG(status),
			strsignal(WTERMSIG(status)));
	}
	server->failures = !goes_on || !status ? 0 : server->failures + 1;
	return goes_on;
}

/* Has a worker drive the device as long as that is there. As await_worker(). */
static bool serve_device(struct usb_server *server, const struct usb_device_facts *device, int kept)
{
	own_fd int file = open_file(device);
	bool goes_on;
	pid_t pid;

	if (file < 0) {
		say(server, "cannot open it again: %s", strerror(-file));
		return true;
	}
	server->generation++;
	pid = fork();
	if (!pid)
		work(server, device, file);
	if (pid < 0) {
		say(server, "cannot start a process: %s", strerror(errno));
		return true;
	}
	/* The interfaces are free once nobody has this file any more. */
	close_fd(&file);
	goes_on = await_worker(server, pid);
	tell(server, USB_LINK_GONE, false);
	give_back(server, kept, device);
	return goes_on;
}

/* As await_worker(). What is in the way is said, and tried again after a while. */
static bool take(struct usb_server *server, const struct usb_device_facts *device)
{
	const char *why = objection(server, device);
	own_fd int kept = why ? -1 : open_file(device);

	if (why)
		say(server, "%s", why);
	else if (kept < 0)
		say(server, "cannot open /dev/bus/usb/%03u/%03u: %s; root may, or a rule of udev",
			device->bus, device->address, strerror(-kept));
	else if (flock(kept, LOCK_EX | LOCK_NB))
		say(server, "another machine has it; the guest gets it when that lets it go");
	else
		return serve_device(server, device, kept);
	return true;
}

/* The host's own devices are refused at the start; later they are waited for. */
static int refuse(
	const struct usb_server *server, const struct usb_device_facts *device, struct err *err)
{
	const char *why = server->config.force ? NULL : usb_device_needed(device);

	if (!why)
		return 0;
	err_set(err, EBUSY, "--usb %s: %s%s%s", server->name, why, *device->used_by ? ": " : "",
		device->used_by);
	return err_help(err, "--usb %s,force=on takes it all the same.", server->name);
}

/* A device that cannot be taken, or whose process fails, is not tried again and again at once. */
static bool pause_for(const struct usb_server *server)
{
	unsigned n = server->failures < MAX_FAILURES ? server->failures : MAX_FAILURES;

	return rest(server, LOOK_MS << n);
}

static int serve(struct usb_server *server, struct err *err)
{
	bool first = true, goes_on = true;

	while (goes_on) {
		struct usb_device_facts device;
		bool is_there = find(server, &device);
		int ret = is_there ? refuse(server, &device, err) : 0;

		if (ret && first)
			return ret;
		if (ret)
			say(server, "%s", err->text);
		else if (is_there)
			goes_on = take(server, &device);
		else
			*server->said = '\0';
		if (first && !server->generation)
			tell(server, USB_LINK_READY, is_there);
		first = false;
		goes_on = goes_on && pause_for(server);
	}
	return 0;
}

static int take_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int usb_serve(struct usb_server *server, int memory_fd, struct err *err)
{
	void *memory = mmap(
		NULL, sizeof(*server->memory), PROT_READ | PROT_WRITE, MAP_SHARED, memory_fd, 0);
	struct usb_library usb;
	int ret;

	prctl(PR_SET_NAME, "tenon-usb");
	if (memory == MAP_FAILED)
		return err_set(err, EINVAL, "`tenon run` starts this command");
	server->memory = memory;
	server->usb = &usb;
	server->signals = take_signals();
	usb_match_text(&server->config.match, server->name);
	ret = usb_library_load(&usb, err);
	if (!ret)
		ret = sysroot_open(&server->sysroot, "", err);
	if (ret)
		return ret;
	ret = serve(server, err);
	sysroot_close(&server->sysroot);
	return ret;
}
