// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/boot/firmware_vars.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "base/log.h"
#include "base/own.h"
#include "kernel/file_lock.h"
#include "vm/boot/file.h"
#include "vm/boot/firmware_vars_file.h"

/* Writing one variable takes many bursts, which are flushed to disk together. */
#define FLUSH_SECONDS 1
#define STACK_SIZE    (64 * KIB)

/*
 * Called with the lock held. After a failed write, everything is written with the next burst, or at
 * the end.
 */
static void write_file(struct firmware_vars *vars, u64 offset, u64 size)
{
	int ret;

	if (vars->behind) {
		offset = 0;
		size = vars->size;
	}
	ret = firmware_vars_file_write(vars->fd, vars->bytes + offset, offset, size);
	if (ret && !vars->behind)
		log_error(
			"cannot write the guest's variables to %s: %s", vars->path, strerror(-ret));
	if (!ret && vars->behind)
		log_info("the guest's variables are in %s again", vars->path);
	vars->behind = ret;
	vars->dirty = true;
}

static void flush(struct firmware_vars *vars)
{
	if (fdatasync(vars->fd))
		log_error("cannot write the guest's variables in %s to the disk: %s", vars->path,
			strerror(errno));
}

/* Called with the lock held. Returns true if the store is being closed. */
static bool wait_a_while(struct firmware_vars *vars)
{
	struct timespec until;
	int ret = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += FLUSH_SECONDS;
	while (!vars->stop && !ret)
		ret = pthread_cond_timedwait(&vars->changed, &vars->lock, &until);
	return vars->stop;
}

static void *flusher_main(void *arg)
{
	struct firmware_vars *vars = arg;

	pthread_mutex_lock(&vars->lock);
	while (!vars->stop) {
		if (!vars->dirty) {
			pthread_cond_wait(&vars->changed, &vars->lock);
			continue;
		}
		if (wait_a_while(vars))
			break;
		vars->dirty = false;
		pthread_mutex_unlock(&vars->lock);
		flush(vars);
		pthread_mutex_lock(&vars->lock);
	}
	pthread_mutex_unlock(&vars->lock);
	return NULL;
}

/*
 * Starts the thread with all signals blocked. If it cannot be started, the file is flushed at the
 * end.
 */
static void start_flusher(struct firmware_vars *vars)
{
	sigset_t all, before;
	pthread_attr_t attr;

	if (pthread_attr_init(&attr))
		return;
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	vars->flushing = !pthread_create(&vars->flusher, &attr, flusher_main, vars);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	if (vars->flushing)
		pthread_setname_np(vars->flusher, "variables");
}

void firmware_vars_written(struct firmware_vars *vars, u64 offset, u64 size)
{
	if (!vars->path)
		return;
	pthread_mutex_lock(&vars->lock);
	write_file(vars, offset, size);
	if (!vars->flushing)
		start_flusher(vars);
	pthread_cond_signal(&vars->changed);
	pthread_mutex_unlock(&vars->lock);
}

static int make_bytes(struct firmware_vars *vars, u64 size, struct err *err)
{
	void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (bytes == MAP_FAILED)
		return err_sys(err, errno, "no memory for the guest's variables");
	vars->bytes = bytes;
	vars->size = size;
	return 0;
}

/* Checks and reads the store, whose file is open. */
static int read_store(
	struct firmware_vars *vars, const struct firmware_image *image, struct err *err)
{
	const struct boot_file file = { vars->fd, vars->path };
	u64 size = 0;
	int ret = file_lock(vars->fd, vars->path, err);

	if (ret == -EBUSY)
		return err_help(err, "Two machines cannot share their variables; --firmware-vars "
				     "FILE names others.");
	if (!ret)
		ret = firmware_vars_file_check(&file, image, &size, err);
	if (!ret)
		ret = make_bytes(vars, size, err);
	if (!ret)
		ret = boot_file_read(&file, 0, vars->bytes, size, err);
	return ret;
}

static int open_file(struct firmware_vars *vars, const char *path,
	const struct firmware_image *image, struct err *err)
{
	int ret;

	vars->path = strdup(path);
	if (!vars->path)
		return err_sys(err, ENOMEM, "cannot open %s", path);
	vars->fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (vars->fd < 0 && errno == ENOENT) {
		ret = firmware_vars_file_make(path, &image->vars, err);
		if (ret)
			return ret;
		log_info("made %s for the guest's variables", path);
		vars->fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	}
	if (vars->fd < 0)
		return err_sys(err, errno, "cannot open the guest's variables %s", path);
	return read_store(vars, image, err);
}

int firmware_vars_size(const char *path, u64 *size, struct err *err)
{
	struct boot_file file;
	int ret;

	*size = 0;
	if (access(path, F_OK) && errno == ENOENT)
		return 0;
	ret = boot_file_open(&file, path, err);
	if (!ret)
		ret = boot_file_size(&file, size, err);
	boot_file_close(&file);
	return ret;
}

int firmware_vars_open(struct firmware_vars *vars, const char *path,
	const struct firmware_image *image, struct err *err)
{
	int ret;

	*vars = (struct firmware_vars){ .fd = -1 };
	pthread_mutex_init(&vars->lock, NULL);
	pthread_cond_init(&vars->changed, NULL);
	if (path) {
		ret = open_file(vars, path, image, err);
	} else {
		ret = make_bytes(vars, image->vars.size, err);
		if (!ret)
			ret = firmware_part_read(&image->vars, vars->bytes, err);
	}
	if (ret)
		firmware_vars_close(vars);
	return ret;
}

static void stop_flusher(struct firmware_vars *vars)
{
	pthread_mutex_lock(&vars->lock);
	vars->stop = true;
	pthread_cond_signal(&vars->changed);
	pthread_mutex_unlock(&vars->lock);
	if (vars->flushing)
		pthread_join(vars->flusher, NULL);
	vars->flushing = false;
}

void firmware_vars_close(struct firmware_vars *vars)
{
	if (vars->bytes && vars->path) {
		stop_flusher(vars);
		if (vars->behind)
			write_file(vars, 0, vars->size);
		if (vars->dirty)
			flush(vars);
	}
	if (vars->bytes)
		munmap(vars->bytes, vars->size);
	if (vars->path)
		close_fd(&vars->fd);
	free(vars->path);
	*vars = (struct firmware_vars){ .fd = -1 };
}
