// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The keyboards and mice of the host: what any device may send, through the state machine that says
 * which of it the guest gets; and what a hostile reader of them, and the hostile process for
 * viewers, tell the machine. Nothing stays pressed in the guest when the events go elsewhere, or
 * when such a process is gone.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/own.h"
#include "fake.h"
#include "fuzz.h"
#include "vm/display/vnc_child.h"
#include "vm/display/vnc_link.h"
#include "vm/input/evdev.h"
#include "vm/input/message.h"
#include "vm/input/seat.h"

#define MAX_STEPS 500

struct step {
	u8 kind;
	u8 device;
	u8 code[2];
	u8 value[2];
};

enum { KEY_EVENT, MOTION, ANY_EVENT, COMES, GOES, ASK, TURN, NR_KINDS };
enum { TELLS, TELLS_OTHER, LIGHTS, BEGINS, FULL, NR_TELLS };

static struct {
	struct input input;
	bool held[INPUT_KEYS];
	u8 buttons;
	bool full; /* the guest has no room for a key */
} guest;

/* In the place of the log: the machine says that a process has gone, once for each input. */
void __wrap_log_at(enum log_level level, const char *fmt, ...);

void __wrap_log_at(enum log_level level, const char *fmt, ...)
{
}

static bool on_ready(struct input *input)
{
	return !guest.full;
}

/* What is no button and no key, the models of the keyboard and the mouse leave out. */
static void on_key(struct input *input, u8 key, bool down)
{
	guest.held[key] = down;
}

static void on_pointer(struct input *input, int x, int y, int wheel, u8 buttons)
{
	guest.buttons = buttons;
}

static void seat_key(void *owner, u8 key, bool down)
{
	on_key(NULL, key, down);
}

static void seat_pointer(void *owner, int x, int y, int wheel, u8 buttons)
{
	CLAIM(!(buttons & ~(INPUT_LEFT | INPUT_RIGHT | INPUT_MIDDLE)));
	on_pointer(NULL, x, y, wheel, buttons);
}

static void seat_toggle(void *owner)
{
	struct seat *seat = owner;

	seat_turn(seat, !seat->guest);
}

static const struct seat_ops seat_ops = { seat_key, seat_pointer, seat_toggle };

static void check_released(void)
{
	for (unsigned i = 0; i < INPUT_KEYS; i++)
		CLAIM(!guest.held[i]);
	CLAIM(!guest.buttons);
}

static void take_event(struct seat *seat, const struct step *s)
{
	unsigned device = s->device % SEAT_DEVICES, code = get_le16(s->code);
	int value = (s16)get_le16(s->value);

	switch (s->kind % NR_KINDS) {
	case KEY_EVENT:
		seat_event(seat, device, EV_KEY, code % KEY_CNT, value & 1);
		break;
	case MOTION:
		seat_event(seat, device, EV_REL, code % REL_CNT, value);
		seat_event(seat, device, EV_SYN, SYN_REPORT, 0);
		break;
	case ANY_EVENT:
		seat_event(seat, device, s->device, code, value * 65535);
		break;
	case COMES:
		if (!seat->devices[device].present)
			seat_device_added(seat, device, value & 1);
		break;
	case GOES:
		if (seat->devices[device].present)
			seat_device_gone(seat, device);
		break;
	case ASK:
		seat_ask(seat);
		break;
	case TURN:
		seat_turn(seat, value & 1);
		break;
	}
	if (!seat->guest)
		check_released();
}

static void drive_seat(u8 toggle, const u8 *data, size_t size)
{
	static struct seat seat;
	struct step s;

	seat_init(&seat, toggle % NR_SEAT_TOGGLES, &seat_ops, &seat);
	seat_device_added(&seat, 0, toggle & 0x80);
	for (unsigned n = 0; n < MAX_STEPS && size >= sizeof(s); n++, size -= sizeof(s)) {
		memcpy(&s, data + n * sizeof(s), sizeof(s));
		take_event(&seat, &s);
	}
	for (unsigned i = 0; i < SEAT_DEVICES; i++)
		if (seat.devices[i].present)
			seat_device_gone(&seat, i);
	seat_turn(&seat, false);
	check_released();
}

static void take_tell(struct evdev *evdev, int reader, const struct step *s)
{
	struct input_message message = { .kind = INPUT_KEY + (s->device & 1), .code = s->code[0] };
	struct input_message told;
	ssize_t n;

	message.value = (s16)get_le16(s->value);
	message.x = message.y = (s16)(s->code[1] << 8 | s->device);
	switch (s->kind % NR_TELLS) {
	case TELLS:
		n = send(reader, &message, sizeof(message), MSG_DONTWAIT);
		CLAIM(n < 0 || n == sizeof(message));
		break;
	case TELLS_OTHER:
		message.kind = s->device;
		n = send(reader, &message, 1 + s->code[1] % sizeof(message), MSG_DONTWAIT);
		CLAIM(n);
		break;
	case LIGHTS:
		guest.input.leds(guest.input.leds_owner, s->code[0]);
		break;
	case BEGINS:
		evdev_begin(evdev);
		break;
	case FULL:
		guest.full = s->code[0] & 1;
		break;
	}
	while (recv(reader, &told, sizeof(told), MSG_DONTWAIT) > 0)
		CLAIM(told.kind == INPUT_LEDS || told.kind == INPUT_BEGIN);
}

static void drive_machine(const u8 *data, size_t size)
{
	struct fake_clock clock;
	struct evdev evdev = { 0 };
	struct err err = { 0 };
	struct loop loop;
	struct step s;
	int pair[2];

	fake_clock_init(&clock, NS_PER_S);
	CLAIM(!loop_open(&loop, &clock.clock, &err));
	CLAIM(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
	evdev.loop = &loop;
	evdev.fd = pair[0];
	evdev.child.pid_fd = evdev.child.output_fd = evdev.child.keeper_fd = -1;
	CLAIM(!evdev_connect(&evdev, &guest.input, &err));
	for (unsigned n = 0; n < MAX_STEPS && size >= sizeof(s); n++, size -= sizeof(s)) {
		memcpy(&s, data + n * sizeof(s), sizeof(s));
		take_tell(&evdev, pair[1], &s);
		fake_clock_pass(&clock, 3 * NS_PER_MS);
		CLAIM(!loop_step(&loop, 0, &err));
	}
	/* The reader ends, and has told all. */
	close_fd(&pair[1]);
	guest.full = false;
	for (unsigned n = 0; n < MAX_STEPS + 2; n++) {
		fake_clock_pass(&clock, 3 * NS_PER_MS);
		CLAIM(!loop_step(&loop, 0, &err));
	}
	check_released();
	evdev_close(&evdev);
	loop_close(&loop);
}

static void drive_viewers(const u8 *data, size_t size)
{
	const struct vnc_event ready = { .kind = VNC_READY };
	struct fake_clock clock;
	struct vnc_child vnc = { .events.fd = -1 };
	struct err err = { 0 };
	struct loop loop;
	struct vnc_child_config config = { .listener = -1, .input = &guest.input, .loop = &loop };
	u8 message[VNC_MESSAGE_MAX + 8];
	struct step s;
	int pair[2];

	fake_clock_init(&clock, NS_PER_S);
	CLAIM(!loop_open(&loop, &clock.clock, &err));
	CLAIM(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
	CLAIM(send(pair[1], &ready, sizeof(ready), 0) == sizeof(ready));
	CLAIM(!vnc_child_listen(&vnc, pair[0], &config, &err));
	for (unsigned n = 0; n < MAX_STEPS && size >= sizeof(s) && vnc.events.fd >= 0; n++) {
		struct vnc_event event = { .kind = VNC_KEY };
		size_t length = sizeof(event);

		memcpy(&s, data, sizeof(s));
		data += sizeof(s);
		size -= sizeof(s);
		guest.full = s.kind & 0x80;
		event.kind += s.device % 4 == 3 ? 90u : s.device % 2;
		event.key = s.code[0];
		event.down = s.code[1];
		event.x = event.y = event.wheel = (s16)get_le16(s.value) * (s.kind & 1 ? 65535 : 1);
		memset(message, s.code[0], sizeof(message));
		memcpy(message, &event, sizeof(event));
		if (s.kind % 8 == 7)
			length = (s.value[0] | s.value[1] << 8) % sizeof(message);
		CLAIM(send(pair[1], message, length, MSG_DONTWAIT | MSG_NOSIGNAL) <=
			(ssize_t)length);
		fake_clock_pass(&clock, 20 * NS_PER_MS);
		CLAIM(!loop_step(&loop, 0, &err));
	}
	close_fd(&pair[1]);
	fake_clock_pass(&clock, NS_PER_S);
	for (unsigned n = 0; n < MAX_STEPS + 2 && vnc.events.fd >= 0; n++) {
		fake_clock_pass(&clock, NS_PER_S);
		CLAIM(!loop_step(&loop, 0, &err));
	}
	check_released();
	vnc_child_close(&vnc);
	loop_close(&loop);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	memset(&guest, 0, sizeof(guest));
	guest.input = (struct input){ on_ready, on_key, on_pointer };
	if (!size)
		return 0;
	if (data[0] & 0x40)
		drive_machine(data + 1, size - 1);
	else if (data[0] & 0x20)
		drive_viewers(data + 1, size - 1);
	else
		drive_seat(data[0], data + 1, size - 1);
	return 0;
}
