// SPDX-License-Identifier: GPL-2.0-or-later
/* The reader of captures, and the masks of their writer. */
#include "fuzz.h"

#include "host/scan/capture.h"
#include "kernel/capture.h"

static void check_path(const char *path)
{
	CLAIM(path[0] == '/' && strlen(path) < CAPTURE_MAX_PATH);
	CLAIM(!strstr(path, "//") && !strstr(path, "/../") && !strstr(path, "/./"));
	CLAIM(strcmp(strrchr(path, '/'), "/..") && strcmp(strrchr(path, '/'), "/."));
}

static void walk(const char *data, size_t size)
{
	struct capture_entry entry;
	struct capture_walk walk;
	struct err err = { 0 };

	if (capture_open(&walk, data, size, &err))
		return;
	while (capture_next(&walk, &entry, &err) > 0) {
		check_path(entry.path);
		CLAIM(entry.size <= CAPTURE_MAX_BYTES);
		CLAIM(entry.body >= data && entry.body_size <= (size_t)(data + size - entry.body));
		if (entry.kind == CAPTURE_HEX && entry.size <= 65536) {
			u8 *bytes = malloc(entry.size + 1);

			if (bytes)
				capture_hex(&entry, bytes);
			free(bytes);
		}
	}
}

static void mask(const u8 *data, size_t size)
{
	char *text = malloc(size + 1);
	u8 *config = malloc(size + 1);

	if (text && config) {
		memcpy(text, data, size);
		text[size] = '\0';
		capture_mask_text(text);
		memcpy(config, data, size);
		capture_mask_config(config, size < 4096 ? size : 4096);
	}
	free(text);
	free(config);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	walk((const char *)data, size);
	mask(data, size);
	return 0;
}
