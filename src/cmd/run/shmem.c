// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/run/shmem.h"

#include <errno.h>
#include <string.h>

#include "cmd/ui/options.h"
#include "cmd/ui/size.h"
#include "cmd/ui/suboptions.h"
#include "vm/devices/shmem/backing.h"
#include "vm/devices/shmem/ivshmem.h"

static int apply_size(void *target, char *value, struct err *err)
{
	struct shmem_config *shmem = target;
	u64 size;

	if (!value || option_size(value, MIB, &size, err))
		return err_set(err, EINVAL, "size is a number of bytes, such as 64M");
	if (size < IVSHMEM_MIN || size > IVSHMEM_MAX || size & (size - 1))
		return err_set(
			err, EINVAL, "size is a power of two from 1M to 4G, not '%s'", value);
	shmem->size = size;
	return 0;
}

static int apply_for(void *target, char *value, struct err *err)
{
	struct shmem_config *shmem = target;
	char *by = value ? strchr(value, 'x') : NULL;
	u64 width = 0, height = 0;

	if (by) {
		*by = '\0';
		if (option_number("width", value, 0, UINT32_MAX, &width, err) ||
			option_number("height", by + 1, 0, UINT32_MAX, &height, err))
			return -err->code;
	}
	shmem->size = shmem_size_for(width, height);
	if (!shmem->size)
		return err_set(err, EINVAL, "for is the size of a picture, such as for=3840x2160");
	return 0;
}

static int apply_path(void *target, char *value, struct err *err)
{
	struct shmem_config *shmem = target;

	if (!value)
		return err_set(err, EINVAL, "path is the name of a file");
	shmem->path = value;
	return shmem_check_path(value, err);
}

static const struct suboption suboptions[] = {
	{ "size", apply_size, NULL },
	{ "for", apply_for, NULL },
	{ "path", apply_path, NULL },
	{ NULL },
};

int run_shmem_apply(void *target, char *value, struct err *err)
{
	struct run_request *request = target;
	struct shmem_config shmem = { .path = SHMEM_DEFAULT_PATH };
	int ret = 0;

	if (strcmp(value, "off")) {
		ret = suboptions_apply(suboptions, "--shmem", value, &shmem, err);
		if (!ret && !shmem.size)
			ret = err_set(
				err, EINVAL, "--shmem: size=SIZE is missing, or for=WIDTHxHEIGHT");
	}
	if (!ret)
		request->config.shmem = shmem;
	return ret;
}

bool run_shmem_print(const void *target, unsigned n, FILE *out)
{
	const struct run_request *request = target;
	const struct shmem_config *shmem = &request->config.shmem;
	char text[SIZE_TEXT];

	if (!shmem->size) {
		fputs("off", out);
		return true;
	}
	fprintf(out, "size=%s", size_option(text, shmem->size));
	if (strcmp(shmem->path, SHMEM_DEFAULT_PATH)) {
		fputs(",path=", out);
		suboption_print_text(shmem->path, out);
	}
	return true;
}
