// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/input/desk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libevdev/libevdev.h>
#include <linux/input.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/log.h"
#include "base/own.h"
#include "vm/dev/input.h"

#define DIRECTORY "/dev/input"

/* Events that are read before other devices get their turn. */
#define EVENTS_MAX 64

#define REFUSED_HELP                                                                              \
	"users of the group input may read it; or run tenon as root, or give the device to this " \
	"user by a udev rule"

static bool is_keyboard(const struct desk *desk, const struct libevdev *dev)
{
	/* Power buttons and the like have keys, too. */
	return desk->library.has_event_code(dev, EV_KEY, KEY_A) &&
	       desk->library.has_event_code(dev, EV_KEY, KEY_ENTER);
}

static bool is_mouse(const struct desk *desk, const struct libevdev *dev)
{
	return desk->library.has_event_code(dev, EV_REL, REL_X) &&
	       desk->library.has_event_code(dev, EV_KEY, BTN_LEFT);
}

/* Whether udev gives the device to another seat than the first one. */
static bool is_of_other_seat(dev_t number)
{
	char path[64], text[4096];
	own_fd int fd = -1;
	const char *seat;
	ssize_t n;

	snprintf(path, sizeof(path), "/run/udev/data/c%u:%u", major(number), minor(number));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	text[n < 0 ? 0 : n] = '\0';
	seat = strstr(text, "E:ID_SEAT=");
	return seat && strncmp(seat, "E:ID_SEAT=seat0\n", 16);
}

static bool is_open(const struct desk *desk, dev_t number)
{
	for (unsigned i = 0; i < SEAT_DEVICES; i++)
		if (desk->devices[i].fd >= 0 && desk->devices[i].number == number)
			return true;
	return false;
}

static void close_device(struct desk *desk, unsigned number)
{
	struct desk_device *device = &desk->devices[number];

	if (device->dev)
		desk->library.free(device->dev);
	device->dev = NULL;
	close_fd(&device->fd);
	device->found[0] = '\0';
}

/* Opens the file, but no device that is open already. Returns -EALREADY then. */
static int open_file(struct desk *desk, struct desk_device *device, const char *path)
{
	struct stat st;

	device->fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (device->fd < 0 && errno == EACCES)
		device->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (device->fd < 0)
		return -errno;
	if (fstat(device->fd, &st))
		return -errno;
	if (!S_ISCHR(st.st_mode))
		return -ENOTTY;
	device->number = 0;
	if (is_open(desk, st.st_rdev))
		return -EALREADY;
	device->number = st.st_rdev;
	return desk->library.new_from_fd(device->fd, &device->dev);
}

/* Returns 0, or -errno with the device closed: -EPROTOTYPE if it is no keyboard and no mouse. */
static int open_device(struct desk *desk, unsigned number, const char *path)
{
	struct desk_device *device = &desk->devices[number];
	int ret = open_file(desk, device, path);

	if (!ret) {
		device->keyboard = is_keyboard(desk, device->dev);
		if (!device->keyboard && !is_mouse(desk, device->dev))
			ret = -EPROTOTYPE;
	}
	if (!ret && desk->grabbed)
		ret = desk->library.grab(device->dev, LIBEVDEV_GRAB);
	if (ret) {
		close_device(desk, number);
		return ret;
	}
	seat_device_added(desk->seat, number,
		desk->library.has_event_code(device->dev, EV_REL, REL_WHEEL_HI_RES));
	return 0;
}

static int open_named(struct desk *desk, unsigned number, const char *path, struct err *err)
{
	int ret = open_device(desk, number, path);

	switch (ret) {
	case 0:
		return 0;
	case -EALREADY:
		return err_set(err, EINVAL, "--input %s: this device was named before", path);
	case -EPROTOTYPE:
		return err_set(err, EINVAL, "--input %s is neither a keyboard nor a mouse", path);
	case -ENOTTY:
		return err_set(err, EINVAL, "--input %s is no input device", path);
	case -EACCES:
		err_sys(err, EACCES, "--input %s", path);
		return err_help(err, REFUSED_HELP);
	case -ENOENT:
		err_set(err, ENOENT, "--input %s: there is no such device", path);
		return err_help(err, "ls /dev/input/by-id   shows keyboards (*-event-kbd) and mice "
				     "(*-event-mouse)");
	default:
		return err_sys(err, -ret, "--input %s", path);
	}
}

static void find_in(struct desk *desk, DIR *directory)
{
	const struct dirent *entry;
	char path[64];
	struct stat st;

	while ((entry = readdir(directory))) {
		unsigned number = 0;

		if (strncmp(entry->d_name, "event", 5) || strlen(entry->d_name) > 20)
			continue;
		snprintf(path, sizeof(path), DIRECTORY "/%.20s", entry->d_name);
		if (stat(path, &st) || is_open(desk, st.st_rdev) || is_of_other_seat(st.st_rdev))
			continue;
		while (number < SEAT_DEVICES && desk->devices[number].fd >= 0)
			number++;
		if (number == SEAT_DEVICES)
			return;
		if (open_device(desk, number, path))
			continue;
		snprintf(desk->devices[number].found, sizeof(desk->devices[number].found), "%.20s",
			entry->d_name);
		log_debug("takes part: %s (%s)", path,
			desk->library.get_name(desk->devices[number].dev));
	}
}

bool desk_scan(struct desk *desk)
{
	bool missing = false;
	DIR *directory;

	for (unsigned i = 0; i < SEAT_DEVICES; i++) {
		struct desk_device *device = &desk->devices[i];

		if (!device->path || device->fd >= 0)
			continue;
		if (open_device(desk, i, device->path))
			missing = true;
		else
			log_debug("%s is back", device->path);
	}
	if (!desk->automatic)
		return missing;
	directory = opendir(DIRECTORY);
	if (!directory)
		return true;
	find_in(desk, directory);
	closedir(directory);
	return missing;
}

static bool has_keyboard(const struct desk *desk)
{
	for (unsigned i = 0; i < SEAT_DEVICES; i++)
		if (desk->devices[i].fd >= 0 && desk->devices[i].keyboard)
			return true;
	return false;
}

int desk_open(struct desk *desk, struct seat *seat, const char *const *paths, unsigned nr,
	struct err *err)
{
	int ret;

	*desk = (struct desk){ .seat = seat, .automatic = !nr };
	for (unsigned i = 0; i < SEAT_DEVICES; i++)
		desk->devices[i].fd = -1;
	ret = evdev_library_load(&desk->library, err);
	for (unsigned i = 0; i < nr && i < SEAT_DEVICES && !ret; i++) {
		desk->devices[i].path = paths[i];
		ret = open_named(desk, i, paths[i], err);
	}
	if (ret)
		return ret;
	if (desk->automatic)
		desk_scan(desk);
	if (has_keyboard(desk))
		return 0;
	err_set(err, ENODEV,
		"--input %s: no keyboard is among the devices, so nobody could ask for "
		"the other side",
		nr ? paths[0] : "auto");
	return err_help(err, nr ? "name a keyboard, too" : REFUSED_HELP);
}

void desk_close(struct desk *desk)
{
	for (unsigned i = 0; i < SEAT_DEVICES; i++)
		close_device(desk, i);
}

static void lose(struct desk *desk, unsigned number)
{
	struct desk_device *device = &desk->devices[number];

	log_debug("%s%s is gone", device->path ? device->path : DIRECTORY "/",
		device->path ? "" : device->found);
	close_device(desk, number);
	seat_device_gone(desk->seat, number);
}

void desk_read(struct desk *desk, unsigned number)
{
	struct desk_device *device = &desk->devices[number];
	unsigned flag = LIBEVDEV_READ_FLAG_NORMAL;
	struct input_event event;

	/*
	 * After a SYN_DROPPED libevdev finds out what has changed meanwhile, and gives the
	 * differences until it returns -EAGAIN. A toggle may grab or release devices, but closes
	 * none.
	 */
	for (unsigned i = 0; i < EVENTS_MAX || flag == LIBEVDEV_READ_FLAG_SYNC; i++) {
		int ret = desk->library.next_event(device->dev, flag, &event);

		if (ret == -EAGAIN && flag == LIBEVDEV_READ_FLAG_SYNC) {
			flag = LIBEVDEV_READ_FLAG_NORMAL;
			continue;
		}
		if (ret == -EAGAIN || ret == -EINTR)
			return;
		if (ret < 0) {
			lose(desk, number);
			return;
		}
		if (ret == LIBEVDEV_READ_STATUS_SYNC && flag == LIBEVDEV_READ_FLAG_NORMAL) {
			flag = LIBEVDEV_READ_FLAG_SYNC;
			continue;
		}
		seat_event(desk->seat, number, event.type, event.code, event.value);
	}
}

void desk_refresh(struct desk *desk)
{
	for (unsigned i = 0; i < SEAT_DEVICES; i++) {
		u8 keys[KEY_CNT / 8] = { 0 };

		if (desk->devices[i].fd < 0 ||
			ioctl(desk->devices[i].fd, EVIOCGKEY(sizeof(keys)), keys) < 0)
			continue;
		for (unsigned code = 0; code < KEY_CNT; code++)
			seat_event(desk->seat, i, EV_KEY, code, keys[code / 8] >> code % 8 & 1);
	}
}

void desk_release(struct desk *desk)
{
	for (unsigned i = 0; i < SEAT_DEVICES; i++)
		if (desk->devices[i].dev)
			desk->library.grab(desk->devices[i].dev, LIBEVDEV_UNGRAB);
	desk->grabbed = false;
}

int desk_grab(struct desk *desk, struct err *err)
{
	for (unsigned i = 0; i < SEAT_DEVICES; i++) {
		struct desk_device *device = &desk->devices[i];
		int ret = device->dev ? desk->library.grab(device->dev, LIBEVDEV_GRAB) : 0;

		/* A device that is going is lost when it is read. */
		if (!ret || ret == -ENODEV)
			continue;
		err_set(err, -ret, "cannot take %s from the host: %s",
			desk->library.get_name(device->dev),
			ret == -EBUSY ? "another program has it" : strerror(-ret));
		desk_release(desk);
		return ret;
	}
	desk->grabbed = true;
	return 0;
}

void desk_set_leds(struct desk *desk, u8 leds)
{
	static const struct {
		u8 led;
		unsigned code;
	} table[] = { { INPUT_LED_SCROLL, LED_SCROLLL }, { INPUT_LED_NUM, LED_NUML },
		{ INPUT_LED_CAPS, LED_CAPSL } };

	for (unsigned i = 0; i < SEAT_DEVICES; i++)
		for (unsigned n = 0; n < ARRAY_SIZE(table) && desk->devices[i].dev; n++)
			if (desk->library.has_event_code(
				    desk->devices[i].dev, EV_LED, table[n].code))
				desk->library.set_led(desk->devices[i].dev, table[n].code,
					leds & table[n].led ? LIBEVDEV_LED_ON : LIBEVDEV_LED_OFF);
}
