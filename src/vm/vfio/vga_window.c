// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/vfio/vga_window.h"

#include "base/bytes.h"
#include "base/log.h"
#include "base/range.h"
#include "vm/pci/vga.h"

/* Read ahead after this many adjacent reads. */
#define STREAK 2
/* Bytes that may share the latches in some mode: those of the four planes at one offset. */
#define LATCHED 4u

static void read_card(const struct vga_window *window, u32 addr, u8 *bytes, unsigned size)
{
	struct vfio_device *dev = window->dev;

	if (dev->ops->read(dev, window->region, addr, bytes, size) == (ssize_t)size)
		return;
	memset(bytes, 0xff, size);
	log_guest("%s: a read of VGA memory at 0x%x failed", window->name, addr);
}

static void write_card(const struct vga_window *window, u32 addr, const u8 *bytes, unsigned size)
{
	struct vfio_device *dev = window->dev;

	if (dev->ops->write(dev, window->region, addr, bytes, size) != (ssize_t)size)
		log_guest("%s: a write of VGA memory at 0x%x failed", window->name, addr);
}

/* Whether any byte of one range may share latches with any byte of the other. */
static bool touches(u32 a, u32 a_size, u32 b, u32 b_size)
{
	u32 start = round_down(a, LATCHED), latched = round_up(a + a_size, LATCHED) - start;

	return a_size && range_touches((struct range){ start, latched }, b, b_size);
}

void vga_window_flush(struct vga_window *window)
{
	if (window->run_size)
		write_card(window, window->run_start, window->run, window->run_size);
	window->run_size = 0;
}

/*
 * Reloads the latches as the guest's last read left them, before a later write changes what was
 * there.
 */
static void load_latches(struct vga_window *window)
{
	u8 byte;

	if (!window->latches_old)
		return;
	vga_window_flush(window);
	read_card(window, window->last_read, &byte, 1);
	window->latches_old = false;
}

void vga_window_settle(struct vga_window *window)
{
	load_latches(window);
	vga_window_flush(window);
	window->ahead_size = 0;
	window->streak = 0;
}

void vga_window_write(struct vga_window *window, u32 addr, unsigned size, u64 value)
{
	if (touches(addr, size, window->last_read, 1))
		load_latches(window);
	if (touches(addr, size, window->ahead_start, window->ahead_size))
		window->ahead_size = 0;
	if (addr != window->run_start + window->run_size ||
		window->run_size + size > sizeof(window->run))
		vga_window_flush(window);
	if (!window->run_size)
		window->run_start = addr;
	put_le(window->run + window->run_size, size, value);
	window->run_size += size;
	if (window->direct)
		vga_window_flush(window);
}

/* How many bytes of @plain to read for an access of @size: just these, or ahead. */
static unsigned amount(const struct vga_window *window, struct range plain, u32 addr, unsigned size)
{
	u32 left = (u32)range_end(plain) - addr;

	if (window->streak < STREAK)
		return size;
	return left < VGA_AHEAD_MAX ? left : VGA_AHEAD_MAX;
}

/*
 * Only a read that begins where the last one ended is served from the read-ahead, so that a guest
 * which polls one address sees it change.
 */
static u64 read_plain(
	struct vga_window *window, struct range plain, u32 addr, unsigned size, u64 now)
{
	struct range ahead = { window->ahead_start, window->ahead_size };
	bool hit = window->streak && range_contains(ahead, addr, size) && now < window->ahead_until;

	if (!hit) {
		u32 more = amount(window, plain, addr, size);

		if (touches(addr, more, window->run_start, window->run_size))
			vga_window_flush(window);
		read_card(window, addr, window->ahead, more);
		window->ahead_start = addr;
		window->ahead_size = more;
		window->ahead_until = now + VGA_DELAY_NS;
	}
	window->latches_old = window->ahead_size > size;
	window->last_read = addr + size - 1;
	return get_le(window->ahead + (addr - window->ahead_start), size);
}

u64 vga_window_read(struct vga_window *window, u32 addr, unsigned size, u64 now)
{
	struct range plain = vga_registers_plain(&window->registers);
	u8 bytes[8];

	window->streak = addr == window->next_read ? window->streak + 1 : 0;
	window->next_read = addr + size;
	if (!window->direct && range_contains(plain, addr, size))
		return read_plain(window, plain, addr, size, now);

	load_latches(window);
	vga_window_flush(window);
	read_card(window, addr, bytes, size);
	return get_le(bytes, size);
}
