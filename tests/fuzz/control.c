// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The sockets of a machine under hostile clients, more of them than there may be: any bytes, cut
 * anywhere, with descriptors, answers that nobody reads, and events meanwhile. What a client of the
 * control socket gets is whole lines of JSON. Some of the clients are the serial console's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "fuzz.h"
#include "vm/block/file.h"
#include "vm/control/internal.h"
#include "vm/control/serial_share.h"
#include "vm/display/screen.h"
#include "vm/pci/pci_bus.h"
#include "vm/vcpu/vcpu.h"

#define MAX_STEPS 300
#define CLIENTS   12 /* one more than there may be, and those of the console */
#define PADDING   16384

/* What to do for which client, and how many bytes of the input it is about. */
struct step {
	u8 kind;
	u8 size[2];
};

enum { SENDS, READS, EVENT, LEAVES, HELLO, PADS, PASSES, PRINTS, NR_KINDS };

#define SERIAL 3 /* this client, and two behind it, are the console's */

static char base[] = "/dev/shm/tenon-fuzz-control-XXXXXX";

static struct {
	struct loop loop;
	struct control control;
	struct vcpus vcpus;
	struct vcpu vcpu[2];
	struct pci_host host;
	struct pci_dev port, card;
	struct pci_bus below;
	struct screen screen;
	struct serial_share serial;
	struct stream guest, console; /* the ends of the serial line */
	size_t room;                  /* that the guest has for what is typed */
	bool paused, asleep, tray_open;
	int clients[CLIENTS]; /* -1: not there */
} b;

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);

/* In the place of open(): what a client names is no file of the host's, and some may not be opened.
 */
int __wrap_open(const char *path, int flags, ...)
{
	if (!strcmp(path, "/forbidden")) {
		errno = EACCES;
		return -1;
	}
	return strncmp(path, base, strlen(base)) ? memfd_create("picture", MFD_CLOEXEC)
						 : __real_open(path, flags, 0600);
}

static size_t guest_takes(struct stream *end, const u8 *bytes, size_t len)
{
	size_t n = len < b.room ? len : b.room;

	b.room -= n;
	return n;
}

static size_t console_takes(struct stream *end, const u8 *bytes, size_t len)
{
	return len;
}

static void resumes(struct stream *end)
{
}

static void look(void *owner, struct control_facts *facts)
{
	*facts = (struct control_facts){ .memory = GIB, .nr_devices = 1 };
}

static struct pci_host *pci(void *owner)
{
	return &b.host;
}

static const struct screen *screen(void *owner)
{
	return b.tray_open ? NULL : &b.screen;
}

static bool block(void *owner, unsigned n, struct control_block *block)
{
	static const struct block_counts counts = { .reads = 1, .written_bytes = ~0ull };

	*block = (struct control_block){
		.counts = n ? NULL : &counts,
		.file = n ? NULL : "/d\"i.qcow2",
		.format = n ? NULL : "qcow2",
		.removable = n,
		.tray_open = b.tray_open,
		.locked = !b.tray_open,
	};
	return n < 2;
}

static int tray(void *owner, unsigned n, bool open, bool force)
{
	CLAIM(n == 1);
	b.tray_open = open;
	return open && !force ? -EBUSY : 0;
}

static bool is_paused(void *owner)
{
	return b.paused;
}

static bool is_asleep(void *owner)
{
	return b.asleep;
}

static void on_wake(void *owner)
{
	b.asleep = false;
	control_event(&b.control, CONTROL_WAKEUP, false, NULL);
}

static void set_paused(bool paused)
{
	if (b.paused != paused)
		control_event(&b.control, paused ? CONTROL_STOP : CONTROL_RESUME, false, NULL);
	b.paused = paused;
}

static void on_pause(void *owner)
{
	set_paused(true);
}

static void on_resume(void *owner)
{
	set_paused(false);
}

static void on_reset(void *owner)
{
	control_event(&b.control, CONTROL_RESET, false, "host-qmp-system-reset");
}

static void on_press(void *owner)
{
	control_event(&b.control, CONTROL_POWERDOWN, false, NULL);
}

static void on_quit(void *owner)
{
	control_event(&b.control, CONTROL_SHUTDOWN, false, "host-qmp-quit");
}

static const struct control_ops ops = {
	.look = look,
	.pci = pci,
	.screen = screen,
	.block = block,
	.tray = tray,
	.is_paused = is_paused,
	.is_asleep = is_asleep,
	.wake = on_wake,
	.pause = on_pause,
	.resume = on_resume,
	.reset = on_reset,
	.press_power = on_press,
	.quit = on_quit,
};

static void clean(void)
{
	char path[sizeof(base) + 16];

	snprintf(path, sizeof(path), "%s/vm/lock", base);
	unlink(path);
	snprintf(path, sizeof(path), "%s/vm/" CONTROL_SOCKET, base);
	unlink(path);
	snprintf(path, sizeof(path), "%s/vm/" CONTROL_SERIAL, base);
	unlink(path);
	snprintf(path, sizeof(path), "%s/vm", base);
	rmdir(path);
	rmdir(base);
}

static void step_loop(void)
{
	struct err err = { 0 };

	for (unsigned n = 0; n < 3; n++)
		CLAIM(!loop_step(&b.loop, 0, &err));
	for (unsigned i = 0; i < CONTROL_CLIENTS; i++) {
		const struct control_client *client = b.control.clients[i];

		CLAIM(!client || client->out_len <= CLIENT_OUT_MAX);
		CLAIM(!client || client->object_size <= CLIENT_OBJECT_MAX || client->closing);
	}
}

static int connect_client(const char *file)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, file);
	CLAIM(fd >= 0 && !connect(fd, (struct sockaddr *)&address, sizeof(address)));
	step_loop();
	return fd;
}

/* A card behind a port. */
static void make_pci(void)
{
	pthread_mutex_init(&b.host.lock, NULL);
	b.host.root.host = b.below.host = &b.host;
	pci_dev_init(&b.port, "port", NULL, 0x8086, 0x3420, 0x060400, PCI_HEADER_TYPE_BRIDGE);
	b.port.secondary = &b.below;
	b.port.devfn = PCI_DEVFN_OF(1, 0);
	b.host.root.devs[b.port.devfn] = &b.port;
	pci_dev_init(&b.card, "card", NULL, 0x10de, 0x2204, 0x030000, PCI_HEADER_TYPE_NORMAL);
	b.card.bars[1] = (struct pci_dev_bar){ .size = MIB,
		.flags = PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH };
	b.card.bars[3] = (struct pci_dev_bar){ .size = 256, .flags = PCI_BASE_ADDRESS_SPACE_IO };
	b.card.bars[PCI_ROM_BAR] = (struct pci_dev_bar){ .size = 64 * KIB };
	b.card.config[PCI_INTERRUPT_PIN] = 1;
	b.below.devs[0] = &b.card;
}

/* The guest gives buses numbers, and its devices places. */
static void guest_writes(u8 offset, u8 value)
{
	struct pci_dev *dev = offset & 0x40 ? &b.port : &b.card;

	dev->config[offset & 0x3f] = value;
}

static void open_all(void)
{
	const struct picture picture = { .width = 16, .height = 16, .stride = 64 };
	char path[PATH_MAX];
	struct err err = { 0 };

	memset(&b, 0, sizeof(b));
	b.asleep = true;
	make_pci();
	CLAIM(!screen_make(&b.screen, 64 * KIB, &err));
	screen_show(&b.screen, &picture);
	b.vcpus = (struct vcpus){ .vcpu = b.vcpu, .nr = 2 };
	CLAIM(!loop_open(&b.loop, &clock_system, &err));
	CLAIM(!control_open_in(&b.control, base, "vm", &b.loop, &ops, NULL, &err));
	b.control.vcpus = &b.vcpus;
	b.guest = (struct stream){ guest_takes, resumes };
	b.console = (struct stream){ console_takes, resumes };
	CLAIM(control_path(&b.control, CONTROL_SERIAL, path));
	CLAIM(!serial_share_open(&b.serial, path, &b.loop, &b.console, &err));
	stream_connect(&b.guest, &b.serial.device);
	for (unsigned i = 0; i < CLIENTS; i++)
		b.clients[i] = -1;
}

static void send_all(int fd, const void *bytes, size_t size)
{
	ssize_t n = send(fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);

	CLAIM(n <= (ssize_t)size);
}

/* The client's next bytes come with a descriptor. */
static void send_with_file(int fd, const void *bytes, size_t size)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)),
			      .cmsg_level = SOL_SOCKET,
			      .cmsg_type = SCM_RIGHTS } };
	struct iovec iov = { (void *)bytes, size };
	struct msghdr message = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };
	own_fd int file = memfd_create("passed", MFD_CLOEXEC);

	memcpy(CMSG_DATA(&control.head), &file, sizeof(file));
	CLAIM(sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) <= (ssize_t)size);
}

/* More than the input has room for, within a string or outside of one. */
static const char *padding(void)
{
	static char bytes[PADDING];

	memset(bytes, 'x', sizeof(bytes));
	return bytes;
}

/* All that there is for it. Each line is an object. */
static void read_answers(int fd, bool serial)
{
	static char bytes[CLIENT_OUT_MAX * 4];
	size_t size = 0;
	ssize_t n;

	while (size < sizeof(bytes) &&
		(n = recv(fd, bytes + size, sizeof(bytes) - size, MSG_DONTWAIT)) > 0) {
		size += (size_t)n;
		step_loop();
	}
	for (const char *line = bytes; line < bytes + size && !serial;) {
		const char *end = memchr(line, '\n', (size_t)(bytes + size - line));

		if (!end)
			break;
		CLAIM(end > line && end[-1] == '\r' && end[-2] == '}' && *line == '{');
		line = end + 1;
	}
}

static void take_step(const struct step *s, const u8 **data, size_t *left)
{
	static const char hello[] = "{\"execute\":\"qmp_capabilities\"}\n";
	size_t size = s->size[0] | s->size[1] << 8, n = size < *left ? size : *left;
	unsigned number = s->kind / NR_KINDS % CLIENTS;
	bool serial = number >= SERIAL && number < SERIAL + 3;
	int *fd = &b.clients[number];

	if (*fd < 0)
		*fd = connect_client(serial ? b.serial.file : b.control.file);
	switch (s->kind % NR_KINDS) {
	case SENDS:
		send_all(*fd, *data, n);
		*data += n;
		*left -= n;
		break;
	case READS:
		guest_writes(s->size[0], s->size[1]);
		read_answers(*fd, serial);
		break;
	case EVENT:
		control_event(&b.control, s->size[0] % (CONTROL_SHUTDOWN + 1), s->size[1] & 1,
			"guest-reset");
		break;
	case LEAVES:
		close_fd(fd);
		break;
	case HELLO:
		send_all(*fd, hello, sizeof(hello) - 1);
		break;
	case PASSES:
		if (n)
			send_with_file(*fd, *data, n);
		*data += n;
		*left -= n;
		break;
	case PRINTS:
		b.room = s->size[0];
		b.serial.device.take(&b.serial.device, *data, n);
		b.serial.device.resume(&b.serial.device);
		break;
	case PADS:
		send_all(*fd, padding(), PADDING);
		break;
	}
	step_loop();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static bool made;
	struct step step;

	if (!made) {
		CLAIM(mkdtemp(base));
		atexit(clean);
		log_set_level(LOG_ERROR);
		made = true;
	}
	open_all();
	for (unsigned n = 0; n < MAX_STEPS && size >= sizeof(step); n++) {
		memcpy(&step, data, sizeof(step));
		data += sizeof(step);
		size -= sizeof(step);
		take_step(&step, &data, &size);
	}
	for (unsigned i = 0; i < CLIENTS; i++)
		if (b.clients[i] >= 0)
			close_fd(&b.clients[i]);
	step_loop();
	serial_share_close(&b.serial);
	screen_close(&b.screen);
	control_close(&b.control);
	loop_close(&b.loop);
	return 0;
}
