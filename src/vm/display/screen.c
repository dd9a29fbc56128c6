// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/display/screen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/own.h"
#include "kernel/memory_file.h"

#define PLACE_SIZE 4096 /* before the pixels */
#define TRIES      1000

struct screen_place {
	u32 turn; /* atomic; odd while @picture changes */
	struct picture picture;
};

static int map(struct screen *screen, int protection, struct err *err)
{
	void *at = mmap(NULL, PLACE_SIZE + screen->size, protection, MAP_SHARED | MAP_NORESERVE,
		screen->fd, 0);

	if (at == MAP_FAILED)
		return err_sys(err, errno, "cannot map the display's memory");
	screen->place = at;
	screen->pixels = (u8 *)at + PLACE_SIZE;
	return 0;
}

int screen_make(struct screen *screen, u64 size, struct err *err)
{
	int ret;

	*screen = (struct screen){ .fd = memory_file_make("display", PLACE_SIZE + size),
		.size = size };
	if (screen->fd < 0)
		ret = err_sys(err, -screen->fd, "no memory for the display");
	else
		ret = map(screen, PROT_READ | PROT_WRITE, err);
	if (ret)
		screen_close(screen);
	return ret;
}

int screen_give(const struct screen *screen)
{
	char path[40];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", screen->fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int screen_open(struct screen *screen, int fd, u64 size, struct err *err)
{
	int ret;

	*screen = (struct screen){ .fd = fd, .size = size };
	ret = map(screen, PROT_READ, err);
	if (ret)
		screen_close(screen);
	return ret;
}

void screen_close(struct screen *screen)
{
	if (screen->place)
		munmap(screen->place, PLACE_SIZE + screen->size);
	if (screen->size)
		close_fd(&screen->fd);
	*screen = (struct screen){ .fd = -1 };
}

void screen_show(struct screen *screen, const struct picture *picture)
{
	struct screen_place *place = screen->place;

	__atomic_store_n(&place->turn, place->turn + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	place->picture = *picture;
	__atomic_store_n(&place->turn, place->turn + 1, __ATOMIC_RELEASE);
}

static bool fits(const struct screen *screen, const struct picture *p)
{
	return p->width >= PICTURE_MIN && p->width <= PICTURE_MAX && p->height >= PICTURE_MIN &&
	       p->height <= PICTURE_MAX && p->format <= PICTURE_565 &&
	       p->stride >= p->width * picture_bytes(p->format) && p->offset <= screen->size &&
	       (u64)p->stride * p->height <= screen->size - p->offset;
}

struct picture screen_picture(const struct screen *screen)
{
	const struct screen_place *place = screen->place;

	for (unsigned i = 0; i < TRIES; i++) {
		u32 turn = __atomic_load_n(&place->turn, __ATOMIC_ACQUIRE);
		struct picture picture = place->picture;

		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (turn % 2 || turn != __atomic_load_n(&place->turn, __ATOMIC_RELAXED))
			continue;
		return fits(screen, &picture) ? picture : (struct picture){ 0 };
	}
	return (struct picture){ 0 };
}
