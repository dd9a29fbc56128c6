// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A file of UEFI variables: any bytes, of any size, for a firmware whose variables have the size
 * that the input says. What is opened is the file, byte by byte, and stays so.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "fuzz.h"
#include "vm/boot/firmware_vars.h"
#include "vm/boot/firmware_vars_file.h"

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
		log_set_level(LOG_ERROR);
	}
	if (!size)
		return 0;
	image.code = (struct firmware_part){ .path = template, .size = 4096 };
	image.vars = (struct firmware_part){ .path = template, .size = (u64)data[0] << 9 };
	data++;
	size--;
	put(template, data, size);
	put(path, data, size);
	if (!firmware_vars_open(&vars, path, &image, &err))
		use(&vars, data, size);
	else
		CLAIM(*err.text);
	firmware_vars_close(&vars);
	/* And one that is made from a template of these bytes. */
	unlink(path);
	if (!firmware_vars_open(&vars, path, &image, &err))
		CLAIM(vars.size <= size && !memcmp(vars.bytes, data, vars.size));
	firmware_vars_close(&vars);
	return 0;
}
