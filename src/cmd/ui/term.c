// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/ui/term.h"

#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define LEAST_WIDTH 40
#define ENDLESS     0x7fffffffu
#define MARK        "..." /* appended to text that was cut */

static bool term_wide;

int term_apply_wide(void *target, char *value, struct err *err)
{
	term_wide = true;
	return 0;
}

static unsigned terminal_width(int fd)
{
	const char *columns = getenv("COLUMNS");
	unsigned width = columns ? atoi(columns) : 0;
	struct winsize size;

	if (!width && ioctl(fd, TIOCGWINSZ, &size) == 0)
		width = size.ws_col;
	if (!width)
		width = 80;
	return width < LEAST_WIDTH ? LEAST_WIDTH : width;
}

struct term term_of(FILE *out)
{
	const char *kind = getenv("TERM");
	const char *no_color = getenv("NO_COLOR");
	struct term term = { .out = out };

	setlocale(LC_CTYPE, "");
	term.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	if (!isatty(fileno(out)))
		return term;
	if (!term_wide)
		term.width = terminal_width(fileno(out));
	term.colour = !(no_color && *no_color) && kind && strcmp(kind, "dumb");
	return term;
}

void term_print(const struct term *term, enum style style, const char *fmt, ...)
{
	static const char *const code[] = {
		[PLAIN] = "",
		[STRONG] = "1",
		[FAINT] = "2",
		[GOOD] = "32",
		[DOUBTFUL] = "33",
		[BAD] = "31",
	};
	bool coloured = term->colour && style != PLAIN;
	va_list ap;

	if (coloured)
		fprintf(term->out, "\033[%sm", code[style]);
	va_start(ap, fmt);
	vfprintf(term->out, fmt, ap);
	va_end(ap);
	if (coloured)
		fputs("\033[0m", term->out);
}

/* Returns the width of the character at *@text and moves *@text behind it. */
static unsigned next_width(const char **text)
{
	mbstate_t state = { 0 };
	wchar_t c;
	size_t n = mbrtowc(&c, *text, MB_CUR_MAX, &state);
	int width;

	if (n && n != (size_t)-1 && n != (size_t)-2) {
		*text += n;
		width = wcwidth(c);
		return width < 0 ? 0 : (unsigned)width;
	}
	/*
	 * Not a character of this locale: skip the continuation bytes of UTF-8 with the first byte.
	 */
	do
		(*text)++;
	while ((**text & 0xc0) == 0x80);
	return 1;
}

unsigned term_width_of(const char *text)
{
	unsigned width = 0;

	while (*text)
		width += next_width(&text);
	return width;
}

size_t term_bytes_of(const char *text, unsigned width)
{
	const char *at = text, *next = text;

	while (*at) {
		unsigned one = next_width(&next);

		if (one > width)
			break;
		width -= one;
		at = next;
	}
	return at - text;
}

void term_cut(const struct term *term, enum style style, const char *text, unsigned width)
{
	if (term_width_of(text) <= width)
		term_print(term, style, "%s", text);
	else if (width < strlen(MARK))
		term_print(term, style, "%.*s", (int)width, MARK);
	else
		term_print(term, style, "%.*s%s", (int)term_bytes_of(text, width - strlen(MARK)),
			text, MARK);
}

unsigned term_left(const struct term *term, unsigned used)
{
	if (!term->width)
		return ENDLESS;
	return term->width > used ? term->width - used : 0;
}

/* The length of the longest prefix of @text that fits and ends at a blank; at least one word. */
static size_t fitting(const char *text, unsigned width)
{
	size_t room = term_bytes_of(text, width), best = strcspn(text, " ");

	for (size_t at = best; text[at];) {
		size_t next = at + 1 + strcspn(text + at + 1, " ");

		if (next > room)
			break;
		best = at = next;
	}
	return best;
}

void term_paragraph(const struct term *term, const char *lead, unsigned indent, const char *text)
{
	unsigned width = term->width > indent + 20 ? term->width - indent : 20;

	fputs(lead, term->out);
	while (*text) {
		size_t n = term->width ? fitting(text, width) : strlen(text);

		fprintf(term->out, "%.*s\n", (int)n, text);
		text += n;
		text += strspn(text, " ");
		if (*text)
			fprintf(term->out, "%*s", (int)indent, "");
	}
}
