// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * keys: what comes from the keyboard and the mouse, by the kernel's event devices (module evdev).
 *   wait=N     seconds until it is to be there (30); the step says "KEYS ready" when it listens
 *   load=A/B   loads these modules first
 *   bus=N      listens only to devices on this kind of bus (3: USB)
 *   devices=N  waits until there are so many (2)
 * Ends when Enter is released. Reports the codes of the keys that were pressed, in their order, the
 * mouse's way and its wheel's, the last place of a tablet, and how many keys are held at the end.
 */
#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "steps.h"

#define MAX_DEVICES 8

struct heard {
	char keys[256];
	int x, y, wheel;
	int place_x, place_y;
	bool done;
};

static bool is_wanted(int fd, u64 bus)
{
	struct input_id id = { 0 };

	return fd >= 0 && (!bus || (!ioctl(fd, EVIOCGID, &id) && id.bustype == bus));
}

static unsigned open_devices(struct pollfd fds[MAX_DEVICES], u64 bus)
{
	unsigned n = 0;
	char path[32];

	for (unsigned i = 0; i < MAX_DEVICES; i++) {
		snprintf(path, sizeof(path), "/dev/input/event%u", i);
		fds[n].fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		fds[n].events = POLLIN;
		if (is_wanted(fds[n].fd, bus))
			n++;
		else if (fds[n].fd >= 0)
			close(fds[n].fd);
	}
	return n;
}

static void hear(struct heard *heard, const struct input_event *event)
{
	size_t len = strlen(heard->keys);

	if (event->type == EV_KEY && event->value == 1)
		snprintf(heard->keys + len, sizeof(heard->keys) - len, "%s%u", len ? "," : "",
			event->code);
	heard->done |= event->type == EV_KEY && event->code == KEY_ENTER && !event->value;
	if (event->type == EV_ABS && event->code == ABS_X)
		heard->place_x = event->value;
	if (event->type == EV_ABS && event->code == ABS_Y)
		heard->place_y = event->value;
	if (event->type != EV_REL)
		return;
	heard->x += event->code == REL_X ? event->value : 0;
	heard->y += event->code == REL_Y ? event->value : 0;
	heard->wheel += event->code == REL_WHEEL ? event->value : 0;
}

static unsigned count_held(const struct pollfd *fds, unsigned nr)
{
	unsigned held = 0;

	for (unsigned i = 0; i < nr; i++) {
		unsigned char keys[KEY_CNT / 8] = { 0 };

		ioctl(fds[i].fd, EVIOCGKEY(sizeof(keys)), keys);
		for (unsigned code = 0; code < KEY_CNT; code++)
			held += keys[code / 8] >> code % 8 & 1;
	}
	return held;
}

static void load(const char *names)
{
	char list[128];

	snprintf(list, sizeof(list), "%s", names);
	for (char *at = list; *at; at++)
		*at = *at == '/' ? ',' : *at;
	modules_load(list, "");
}

void step_keys(const struct args *args)
{
	u64 end = now_ms() + 1000 * args_number(args, "wait", 30);
	u64 bus = args_number(args, "bus", 0), wanted = args_number(args, "devices", 2);
	struct pollfd fds[MAX_DEVICES];
	struct heard heard = { .done = false };
	unsigned nr = 0;

	if (args_get(args, "load", NULL))
		load(args_get(args, "load", NULL));
	/* The mouse is found by a thread of the kernel's, after its driver is loaded. */
	while (nr < wanted && now_ms() < end) {
		sleep_ms(100);
		for (unsigned i = 0; i < nr; i++)
			close(fds[i].fd);
		nr = open_devices(fds, bus);
	}
	say("KEYS ready devices=%u", nr);
	while (!heard.done && now_ms() < end) {
		struct input_event event;

		poll(fds, nr, 100);
		for (unsigned i = 0; i < nr; i++)
			while (read(fds[i].fd, &event, sizeof(event)) == sizeof(event))
				hear(&heard, &event);
	}
	if (!heard.done)
		fail("no Enter; until then %s", heard.keys);
	report("keys", "%s", heard.keys);
	report("x", "%d", heard.x);
	report("y", "%d", heard.y);
	report("wheel", "%d", heard.wheel);
	report("place", "%d:%d", heard.place_x, heard.place_y);
	report("held", "%u", count_held(fds, nr));
}
