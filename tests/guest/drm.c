// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * drm: shows a picture that pattern.py can compute too, through the card's DRM driver.
 *   pci=ADDRESS  the card (without: the first)   mode=WxH    (640x480)
 *   seed=N       which picture (1)
 *   hold=MODE    after the line: `none` ends, `keep` leaves the picture until the guest's end,
 *                `wait` waits for "continue" on the console, a number waits so many seconds
 */
#include <dirent.h>
#include <drm.h>
#include <drm_mode.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "steps.h"

#define WAIT_MS 5000

struct output {
	int fd;
	u32 width, height;
	u32 connector, crtc, fb, pitch;
	u32 *pixels;
	struct drm_mode_modeinfo mode;
};

/* /dev/dri/cardN of the PCI device @pci or, if NULL, the first there is; -1 if there is none yet.
 */
static int card_number(const char *pci)
{
	char path[256];
	struct dirent *entry;
	int number = -1, n;
	DIR *directory;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/drm", pci ? pci : "");
	directory = opendir(pci ? path : "/sys/class/drm");
	while (directory && (entry = readdir(directory)))
		if (sscanf(entry->d_name, "card%d", &n) == 1 && !strchr(entry->d_name, '-'))
			number = number < 0 || n < number ? n : number;
	if (directory)
		closedir(directory);
	return number;
}

static int card_open(const char *pci)
{
	char path[64];
	int fd = -1, n = -1;

	for (u64 end = now_ms() + WAIT_MS; fd < 0 && now_ms() < end;) {
		n = card_number(pci);
		snprintf(path, sizeof(path), "/dev/dri/card%d", n);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			sleep_ms(20);
	}
	if (n < 0)
		fail("%s has no DRM driver", pci ? pci : "this machine");
	if (fd < 0)
		fail_errno("cannot open %s", path);
	return fd;
}

static void report_driver(int fd)
{
	char name[64] = "";
	struct drm_version version = { .name = name, .name_len = sizeof(name) - 1 };

	if (ioctl(fd, DRM_IOCTL_VERSION, &version))
		fail_errno("DRM_IOCTL_VERSION");
	report("driver", "%s", name);
}

/* VESA's DMT timings of the sizes that every card has, for a connector that lists none. */
static const struct drm_mode_modeinfo standard[] = {
	{ .clock = 25175,
		.hdisplay = 640,
		.hsync_start = 656,
		.hsync_end = 752,
		.htotal = 800,
		.vdisplay = 480,
		.vsync_start = 490,
		.vsync_end = 492,
		.vtotal = 525,
		.vrefresh = 60,
		.flags = DRM_MODE_FLAG_NHSYNC | DRM_MODE_FLAG_NVSYNC,
		.name = "640x480" },
	{ .clock = 65000,
		.hdisplay = 1024,
		.hsync_start = 1048,
		.hsync_end = 1184,
		.htotal = 1344,
		.vdisplay = 768,
		.vsync_start = 771,
		.vsync_end = 777,
		.vtotal = 806,
		.vrefresh = 60,
		.flags = DRM_MODE_FLAG_NHSYNC | DRM_MODE_FLAG_NVSYNC,
		.name = "1024x768" },
};

static bool mode_pick(struct output *out, const struct drm_mode_modeinfo *modes, u32 count)
{
	for (u32 i = 0; i < count; i++) {
		if (modes[i].hdisplay != out->width || modes[i].vdisplay != out->height)
			continue;
		out->mode = modes[i];
		return true;
	}
	return false;
}

/* Takes the connector @id if something is connected; its list of modes is made on the first call.
 */
static bool connector_use(struct output *out, u32 id)
{
	static struct drm_mode_modeinfo modes[256];
	struct drm_mode_get_connector c = { .connector_id = id };

	if (ioctl(out->fd, DRM_IOCTL_MODE_GETCONNECTOR, &c))
		fail_errno("DRM_IOCTL_MODE_GETCONNECTOR");
	if (c.count_modes > ARRAY_SIZE(modes))
		c.count_modes = 0;
	c.count_props = 0;
	c.count_encoders = 0;
	c.modes_ptr = (uintptr_t)modes;
	if (ioctl(out->fd, DRM_IOCTL_MODE_GETCONNECTOR, &c))
		fail_errno("DRM_IOCTL_MODE_GETCONNECTOR");
	if (c.connection == 2)
		return false;
	if (c.count_modes > ARRAY_SIZE(modes))
		c.count_modes = 0;
	if (!mode_pick(out, modes, c.count_modes) &&
		!mode_pick(out, standard, ARRAY_SIZE(standard)))
		fail("no mode of %ux%u", out->width, out->height);
	out->connector = id;
	return true;
}

static void output_find(struct output *out)
{
	u32 connectors[16] = { 0 }, crtcs[16] = { 0 };
	struct drm_mode_card_res res = { 0 };

	if (ioctl(out->fd, DRM_IOCTL_MODE_GETRESOURCES, &res))
		fail_errno("DRM_IOCTL_MODE_GETRESOURCES");
	if (res.count_connectors > ARRAY_SIZE(connectors) || res.count_crtcs > ARRAY_SIZE(crtcs))
		fail("the card has too many outputs");
	res.count_fbs = 0;
	res.count_encoders = 0;
	res.connector_id_ptr = (uintptr_t)connectors;
	res.crtc_id_ptr = (uintptr_t)crtcs;
	if (ioctl(out->fd, DRM_IOCTL_MODE_GETRESOURCES, &res) || !res.count_crtcs)
		fail_errno("DRM_IOCTL_MODE_GETRESOURCES");
	/* The first CRTC drives the first connector on the cards that this is for. */
	out->crtc = crtcs[0];
	for (u32 i = 0; i < res.count_connectors && !out->connector; i++)
		connector_use(out, connectors[i]);
	if (!out->connector)
		fail("nothing is connected to the card");
}

static void buffer_make(struct output *out)
{
	struct drm_mode_create_dumb dumb = {
		.width = out->width, .height = out->height, .bpp = 32
	};
	struct drm_mode_fb_cmd fb = { .width = out->width, .height = out->height, .bpp = 32 };
	struct drm_mode_map_dumb map = { 0 };

	if (ioctl(out->fd, DRM_IOCTL_MODE_CREATE_DUMB, &dumb))
		fail_errno("DRM_IOCTL_MODE_CREATE_DUMB");
	out->pitch = dumb.pitch;
	fb.depth = 24;
	fb.pitch = dumb.pitch;
	fb.handle = dumb.handle;
	if (ioctl(out->fd, DRM_IOCTL_MODE_ADDFB, &fb))
		fail_errno("DRM_IOCTL_MODE_ADDFB");
	out->fb = fb.fb_id;
	map.handle = dumb.handle;
	if (ioctl(out->fd, DRM_IOCTL_MODE_MAP_DUMB, &map))
		fail_errno("DRM_IOCTL_MODE_MAP_DUMB");
	out->pixels =
		mmap(NULL, dumb.size, PROT_READ | PROT_WRITE, MAP_SHARED, out->fd, map.offset);
	if (out->pixels == MAP_FAILED)
		fail_errno("cannot map the frame buffer");
}

/*
 * Two slopes that tell a person how a wrong picture is turned or cut, and noise in blue, in which
 * no two places look alike. pattern.py has the same.
 */
static void draw(const struct output *out, u32 seed)
{
	u32 noise = seed;

	for (u32 y = 0; y < out->height; y++) {
		u32 *row = out->pixels + y * (u64)out->pitch / 4;
		u32 green = (y * 256 / out->height + (seed >> 8)) & 0xff;

		for (u32 x = 0; x < out->width; x++) {
			noise = noise * 1664525 + 1013904223;
			row[x] = ((x * 256 / out->width + seed) & 0xff) << 16 | green << 8 |
				 noise >> 24;
		}
	}
}

static void set_mode(struct output *out)
{
	struct drm_mode_crtc crtc = { .crtc_id = out->crtc,
		.fb_id = out->fb,
		.set_connectors_ptr = (uintptr_t)&out->connector,
		.count_connectors = 1,
		.mode = out->mode,
		.mode_valid = 1 };

	if (ioctl(out->fd, DRM_IOCTL_MODE_SETCRTC, &crtc))
		fail_errno("DRM_IOCTL_MODE_SETCRTC");
}

static void flush(const struct output *out)
{
	struct drm_mode_fb_dirty_cmd dirty = { .fb_id = out->fb };

	/* Drivers that scan out of the buffer itself have nothing to flush. */
	if (ioctl(out->fd, DRM_IOCTL_MODE_DIRTYFB, &dirty) && errno != ENOSYS)
		fail_errno("DRM_IOCTL_MODE_DIRTYFB");
}

/* The picture goes when the last process that has the card open ends. */
static void hold(const char *mode)
{
	alarm(0);
	if (!strcmp(mode, "keep") && !fork())
		for (;;)
			pause();
	if (!strcmp(mode, "wait"))
		wait_continue(0);
	else if (strcmp(mode, "keep") && strcmp(mode, "none"))
		wait_continue(strtoull(mode, NULL, 0) * 1000);
}

void step_drm(const struct args *args)
{
	const char *mode = args_get(args, "mode", "640x480");
	u32 seed = args_number(args, "seed", 1);
	struct output out = { 0 };

	if (sscanf(mode, "%ux%u", &out.width, &out.height) != 2)
		fail("mode=%s is not of the form WxH", mode);
	out.fd = card_open(args_get(args, "pci", NULL));
	report_driver(out.fd);
	output_find(&out);
	buffer_make(&out);
	/* In this order: a VGA card clears its memory when the mode is set. */
	set_mode(&out);
	draw(&out, seed);
	flush(&out);
	report("width", "%u", out.width);
	report("height", "%u", out.height);
	report("seed", "%u", seed);
	report_ok();
	hold(args_get(args, "hold", "none"));
}
