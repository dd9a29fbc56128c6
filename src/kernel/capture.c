// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/capture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

static const char *const kinds[] = {
	[CAPTURE_TEXT] = "text ",
	[CAPTURE_HEX] = "hex ",
	[CAPTURE_LINK] = "link ",
	[CAPTURE_DIRECTORY] = "folder ",
};

int capture_open(struct capture_walk *walk, const char *bytes, size_t size, struct err *err)
{
	size_t magic = sizeof(CAPTURE_MAGIC) - 1;

	if (size < magic || memcmp(bytes, CAPTURE_MAGIC, magic))
		return err_set(err, EINVAL, "it is no file of `tenon capture`, or of a newer one");
	*walk = (struct capture_walk){ bytes + magic, bytes + size, 2 };
	return 0;
}

static int broken(const struct capture_walk *walk, struct err *err, const char *what)
{
	return err_set(err, EINVAL, "the capture is broken at line %u: %s", walk->line, what);
}

/* The next line without its newline; NULL if no complete line is left. */
static const char *take_line(struct capture_walk *walk, size_t *len)
{
	const char *start = walk->at;
	const char *newline = memchr(start, '\n', walk->end - start);

	if (!newline)
		return NULL;
	*len = newline - start;
	walk->at = newline + 1;
	walk->line++;
	return start;
}

static bool is_plain_path(const char *path, size_t len)
{
	if (len < 2 || len >= CAPTURE_MAX_PATH || path[0] != '/' || path[len - 1] == '/')
		return false;
	for (size_t i = 0; i < len; i++) {
		size_t n;

		if ((u8)path[i] < 0x20 || path[i] == 0x7f)
			return false;
		if (path[i] != '/')
			continue;
		for (n = 0; i + 1 + n < len && path[i + 1 + n] != '/'; n++)
			continue;
		if (!n || n > 255 || (n == 1 && path[i + 1] == '.') ||
			(n == 2 && path[i + 1] == '.' && path[i + 2] == '.'))
			return false;
	}
	return true;
}

static size_t read_size(const char **at, const char *end)
{
	size_t size = 0;
	unsigned digits = 0;

	for (; *at < end && **at >= '0' && **at <= '9'; ++*at) {
		size = 10 * size + (**at - '0');
		if (++digits > 9)
			return SIZE_MAX;
	}
	if (!digits || *at == end || **at != ' ')
		return SIZE_MAX;
	++*at;
	return size;
}

/* Parses the first line of an entry, such as "text 21 /proc/cmdline". */
static bool read_head(struct capture_entry *entry, const char *line, size_t len)
{
	const char *end = line + len;

	for (unsigned kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
		size_t n = strlen(kinds[kind]);
		const char *at = line + n;

		if (len < n || memcmp(line, kinds[kind], n))
			continue;
		entry->kind = kind;
		entry->size = read_size(&at, end);
		if (entry->size > CAPTURE_MAX_BYTES || !is_plain_path(at, end - at))
			return false;
		memcpy(entry->path, at, end - at);
		entry->path[end - at] = '\0';
		return true;
	}
	return false;
}

/* Takes the lines that begin with a hexadecimal digit, up to the next entry's first line. */
static void take_hex(struct capture_walk *walk, struct capture_entry *entry)
{
	size_t len;

	entry->body = walk->at;
	while (walk->at < walk->end && strchr("0123456789abcdef", *walk->at) && *walk->at) {
		const char *colon = memchr(
			walk->at, ':', walk->end - walk->at < 10 ? walk->end - walk->at : 10);

		if (!colon || !take_line(walk, &len))
			break;
	}
	entry->body_size = walk->at - entry->body;
}

static int take_body(struct capture_walk *walk, struct capture_entry *entry, struct err *err)
{
	const char *body = walk->at;

	if ((size_t)(walk->end - body) <= entry->size || body[entry->size] != '\n')
		return broken(walk, err, "an entry's bytes do not end where it says");
	if (entry->kind == CAPTURE_LINK &&
		(!entry->size || entry->size >= 4096 || memchr(body, '\0', entry->size)))
		return broken(walk, err, "a link leads nowhere");
	for (size_t i = 0; i <= entry->size; i++)
		walk->line += body[i] == '\n';
	entry->body = body;
	entry->body_size = entry->size;
	walk->at = body + entry->size + 1;
	return 0;
}

int capture_next(struct capture_walk *walk, struct capture_entry *entry, struct err *err)
{
	const char *line;
	size_t len;

	do {
		if (walk->at == walk->end)
			return 0;
		line = take_line(walk, &len);
		if (!line)
			return broken(walk, err, "it ends within a line");
	} while (!len || *line == '#');
	if (!read_head(entry, line, len))
		return broken(walk, err, "no entry begins there");
	walk->total += entry->size;
	if (++walk->count > CAPTURE_MAX_COUNT || walk->total > CAPTURE_MAX_TOTAL)
		return broken(walk, err, "it holds more than any host");
	entry->body = walk->at;
	entry->body_size = 0;
	if (entry->kind == CAPTURE_HEX)
		take_hex(walk, entry);
	else if (entry->kind != CAPTURE_DIRECTORY && take_body(walk, entry, err))
		return -EINVAL;
	return 1;
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes "01f0: 86 80 ...", a line of up to 64 bytes. */
static int hex_line(const struct capture_entry *entry, const char *at, const char *end, u8 *bytes)
{
	size_t pos = 0;

	for (; at < end && *at != ':'; at++) {
		if (digit(*at) < 0 || pos > CAPTURE_MAX_BYTES)
			return -EINVAL;
		pos = pos << 4 | digit(*at);
	}
	for (at++; at < end; at += 3, pos++) {
		if (end - at < 3 || *at != ' ' || digit(at[1]) < 0 || digit(at[2]) < 0 ||
			pos >= entry->size)
			return -EINVAL;
		bytes[pos] = digit(at[1]) << 4 | digit(at[2]);
	}
	return 0;
}

int capture_hex(const struct capture_entry *entry, u8 *bytes)
{
	const char *at = entry->body, *end = at + entry->body_size;

	memset(bytes, 0, entry->size);
	while (at < end) {
		const char *newline = memchr(at, '\n', end - at);

		if (!newline || hex_line(entry, at, newline, bytes))
			return -EINVAL;
		at = newline + 1;
	}
	return 0;
}
