// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/devices/display.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/own.h"
#include "vm/devices/kinds.h"
#include "vm/display/bochs.h"
#include "vm/display/vnc_address.h"
#include "vm/display/vnc_child.h"
#include "vm/display/vnc_link.h"

struct display {
	struct bochs bochs;
	struct vnc_child vnc;
	const struct vnc_address *address; /* where it listens; NULL: not yet */
};

/* On the root bus, in a slot that no assigned and no virtio device gets. */
#define PLACE PCI_DEVFN_OF(30, 0)

/*
 * The VGA BIOS that SeaBIOS runs for the display, where the distributions' seabios packages install
 * it.
 */
static const char *const programs[] = {
	"/usr/share/seabios/vgabios-bochs-display.bin",
	"/usr/share/qemu/vgabios-bochs-display.bin",
	"/usr/share/seavgabios/vgabios-bochs-display.bin",
};

int display_check(const struct display_config *config, struct err *err)
{
	if (!config->vnc || config->password_file || vnc_address_is_local(&config->address))
		return 0;
	err_set(err, EINVAL,
		"--display vnc=%s: other hosts reach this address, and nothing keeps them out",
		config->address_text);
	return err_help(err,
		"--display vnc=%s,password-file=FILE   asks for a password\n"
		"--display vnc=:0                      is for this host alone (ssh -L reaches it)",
		config->address_text);
}

/* Reads at most @size bytes of @path. Returns their number, or -errno. */
static ssize_t read_file(const char *path, void *bytes, size_t size, struct stat *st)
{
	own_fd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t n;

	if (fd < 0 || fstat(fd, st))
		return -errno;
	n = read(fd, bytes, size);
	return n < 0 ? -errno : n;
}

static int read_password(const char *path, char password[VNC_PASSWORD_MAX + 1], struct err *err)
{
	char text[VNC_PASSWORD_MAX + 3] = "";
	struct stat st;
	ssize_t n = read_file(path, text, sizeof(text) - 1, &st);
	size_t len;

	if (n < 0)
		return err_sys(err, (int)-n, "cannot read the VNC password in %s", path);
	len = strcspn(text, "\r\n");
	if (!len)
		return err_set(err, EINVAL, "the first line of %s holds no VNC password", path);
	if (len > VNC_PASSWORD_MAX)
		return err_set(err, EINVAL,
			"the VNC password in %s has more than %d characters, and VNC would look at "
			"no more",
			path, VNC_PASSWORD_MAX);
	if (st.st_mode & (S_IRGRP | S_IROTH))
		log_warn("%s: others can read the VNC password in it", path);
	memcpy(password, text, len);
	password[len] = '\0';
	return 0;
}

/* Reads the VGA BIOS. Returns its size, or 0 if there is none. */
static u32 read_program(u8 bytes[BOCHS_ROM_MAX])
{
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		ssize_t n = read_file(programs[i], bytes, BOCHS_ROM_MAX, &st);

		if (n > 0)
			return (u32)n;
	}
	log_warn("--display: SeaBIOS shows nothing on it without its program for it; the package "
		 "seabios has that (%s)",
		programs[0]);
	return 0;
}

static int open_display(
	struct display *display, enum firmware_kind kind, struct pci_host *host, struct err *err)
{
	own_free u8 *program = kind == FIRMWARE_BIOS ? malloc(BOCHS_ROM_MAX) : NULL;
	u32 size = program ? read_program(program) : 0;

	return bochs_open(&display->bochs, host, PLACE, size ? program : NULL, size, err);
}

static bool wanted(const struct machine_config *config)
{
	return config->display.vnc;
}

static int attach(void *dev, const struct device_parts *parts, struct err *err)
{
	const struct display_config *config = &parts->config->display;
	struct display *display = dev;
	char password[VNC_PASSWORD_MAX + 1], text[VNC_ADDRESS_TEXT];
	struct vnc_child_config vnc = {
		.name = parts->config->name,
		.password = config->password_file ? password : NULL,
		.screen = &display->bochs.screen,
		.input = machine_input(parts->set),
		.confine = parts->config->sandbox == SANDBOX_OFF   ? CONFINE_OFF
			   : parts->config->sandbox == SANDBOX_LOG ? CONFINE_LOG
								   : CONFINE_ON,
		.loop = parts->loop,
	};
	own_fd int listener = -1;
	int ret = 0;

	if (config->password_file)
		ret = read_password(config->password_file, password, err);
	if (!ret)
		ret = open_display(
			display, parts->config->firmware.kind, &parts->board->mch.host, err);
	if (!ret) {
		listener = vnc_address_listen(&config->address, err);
		ret = listener < 0 ? listener : 0;
	}
	if (!ret) {
		display->address = &config->address;
		vnc.listener = listener;
		ret = vnc_child_open(&display->vnc, &vnc, err);
	}
	if (!ret)
		log_info("the guest's screen is at %s (host::port, as viewers of VNC take it)",
			vnc_address_text(&config->address, text));
	return ret;
}

static void close_display(void *dev)
{
	struct display *display = dev;

	vnc_child_close(&display->vnc);
	if (display->address)
		vnc_address_unlink(display->address);
	bochs_close(&display->bochs);
}

const struct screen *display_screen(const struct device_set *set)
{
	struct display *display = device_of(set, &display_kind);

	return display ? &display->bochs.screen : NULL;
}

const struct device_kind display_kind = {
	.name = "display",
	.size = sizeof(struct display),
	.wanted = wanted,
	.attach = attach,
	.close = close_display,
};
