// SPDX-License-Identifier: GPL-2.0-or-later
/* Machine files: what is read and can be written reads back the same. */
#include "fuzz.h"

#include "cmd/run/file.h"

/* The file that @request makes, or NULL where its texts are not UTF-8. */
static char *written(const struct run_request *request)
{
	struct err err = { 0 };
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	int ret = run_file_write(request, f, &err);

	fclose(f);
	if (!ret)
		return text;
	free(text);
	return NULL;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct run_request first, second;
	struct err err = { 0 };

	run_request_init(&first);
	run_request_init(&second);
	if (run_file_parse(&first, "fuzz", data, size, &err)) {
		CLAIM(err.code && *err.text);
	} else {
		char *text = written(&first), *again;

		CLAIM(text);
		CLAIM(!run_file_parse(&second, "again", text, strlen(text), &err));
		again = written(&second);
		CLAIM(again && !strcmp(text, again));
		free(again);
		free(text);
	}
	run_request_free(&first);
	run_request_free(&second);
	return 0;
}
