// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A file of UEFI variables: any bytes, of any size, for a firmware whose variables have the size
 * that the input says. What is opened is the file, byte by byte, and stays so.
 */
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "base/log.h"
#include "fuzz.h"
#include "vm/boot/firmware_vars.h"
#include "vm/boot/firmware_vars_file.h"

void __wrap_log_at(enum log_level level, const char *fmt, ...);

/* Messages are not what this is about, and each input causes some. */
void __wrap_log_at(enum log_level level, const char *fmt, ...)
{
}

static char directory[] = "/dev/shm/tenon-fuzz-vars-XXXXXX";
static char path[64], template[64];

static void put(const char *where, const u8 *data, size_t size)
{
	int fd = open(where, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CLAIM(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	close(fd);
}

static void clean(void)
{
	unlink(path);
	unlink(template);
	rmdir(directory);
}

static void use(struct firmware_vars *vars, const u8 *data, size_t size)
{
	u8 byte = 0;
	int fd;

	CLAIM(vars->size == size && !memcmp(vars->bytes, data, size));
	vars->bytes[size - 1] ^= 0xff;
	firmware_vars_written(vars, size - 1, 1);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CLAIM(pread(fd, &byte, 1, (off_t)size - 1) == 1 && byte == (u8)~data[size - 1]);
	close(fd);
}

static void swap_files(struct firmware_vars *vars, int *fd)
{
	int was;

	pthread_mutex_lock(&vars->lock);
	was = vars->fd;
	vars->fd = *fd;
	pthread_mutex_unlock(&vars->lock);
	*fd = was;
}

/* The disk is full, and then it is not any more: all is there then. */
static void fail(struct firmware_vars *vars)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	u8 byte = 0;

	swap_files(vars, &fd);
	vars->bytes[0] ^= 0xff;
	firmware_vars_written(vars, 0, 1);
	swap_files(vars, &fd);
	firmware_vars_written(vars, vars->size - 1, 1);
	CLAIM(pread(fd, &byte, 1, 0) == 1 && byte == vars->bytes[0]);
	close(fd);
}

/* Another machine with the same file, and one without any. */
static void open_others(const struct firmware_image *image)
{
	struct firmware_vars vars = { 0 };
	struct err err = { 0 };

	CLAIM(firmware_vars_file_make("/nonexistent/vars.fd", &image->vars, &err) && *err.text);
	CLAIM(firmware_vars_open(&vars, path, image, &err) && *err.text);
	firmware_vars_close(&vars);
	if (image->vars.size && !firmware_vars_open(&vars, NULL, image, &err))
		CLAIM(vars.size == image->vars.size);
	firmware_vars_close(&vars);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct firmware_image image = { .kind = FIRMWARE_UEFI };
	struct firmware_vars vars = { 0 };
	struct err err = { 0 };

	if (!*path) {
		CLAIM(mkdtemp(directory));
		snprintf(path, sizeof(path), "%s/vars.fd", directory);
		snprintf(template, sizeof(template), "%s/template.fd", directory);
		atexit(clean);
	}
	if (!size)
		return 0;
	image.code = (struct firmware_part){ .path = template, .size = 4096 };
	image.vars = (struct firmware_part){ .path = template, .size = (u64)data[0] << 9 };
	data++;
	size--;
	put(template, data, size);
	put(path, data, size);
	if (!firmware_vars_open(&vars, path, &image, &err)) {
		use(&vars, data, size);
		open_others(&image);
		fail(&vars);
	} else {
		CLAIM(*err.text);
	}
	firmware_vars_close(&vars);
	/* And one that is made from a template of these bytes. */
	unlink(path);
	if (!firmware_vars_open(&vars, path, &image, &err))
		CLAIM(vars.size <= size && !memcmp(vars.bytes, data, vars.size));
	firmware_vars_close(&vars);
	return 0;
}
