// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A journal of changes to the host, whose file may hold anything. One that can be read can be gone
 * on with, and then be read again. If the first byte is odd, each line gets the checksum that it
 * should have, which no fuzzer would find.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "fuzz.h"
#include "host/act/journal.h"

#define NAME "fuzz.journal"

static char path[] = "/dev/shm/tenon-fuzz-journal-XXXXXX";
static int directory = -1;

static void clean(void)
{
	unlinkat(directory, NAME, 0);
	rmdir(path);
}

static void check(const struct journal *journal)
{
	CLAIM(strlen(journal->boot) < sizeof(journal->boot) && journal->command);
	CLAIM(journal_state_name(journal->state));
	for (unsigned i = 0; i < journal->nr_devices; i++)
		CLAIM(journal_has(journal, journal->devices[i]));
	for (unsigned i = 0; i < journal->nr_ops; i++)
		CLAIM(!journal->ops[i].prior || *journal->ops[i].prior);
	journal_is_past(journal, "boot");
}

static void go_on(unsigned *nr_ops)
{
	struct journal journal;
	struct err err = { 0 };

	CLAIM(!journal_load(&journal, directory, NAME, true, &err));
	*nr_ops = journal.nr_ops;
	if (journal.nr_ops) {
		CLAIM(!journal_begin(&journal, journal.nr_ops - 1, "prior", &err));
		CLAIM(!journal_done(&journal, journal.nr_ops - 1, &err));
		CLAIM(!journal_undone(&journal, 0, &err));
	}
	CLAIM(!journal_set_state(&journal, JOURNAL_UNDOING, 0, &err));
	journal_close(&journal);
}

/* That of zlib and of IEEE 802.3. */
static u32 checksum(const u8 *bytes, size_t size)
{
	u32 crc = ~0u;

	for (size_t i = 0; i < size * 8; i++) {
		u32 bit = (crc ^ bytes[i / 8] >> i % 8) & 1;

		crc = crc >> 1 ^ (bit ? 0xedb88320 : 0);
	}
	return ~crc;
}

static void write_file(const u8 *data, size_t size, bool sums)
{
	int fd = openat(directory, NAME, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FILE *f = fdopen(fd, "w");

	CLAIM(f);
	while (size) {
		const u8 *end = memchr(data, '\n', size);
		size_t n = end ? (size_t)(end - data) : size, whole = n + (end ? 1 : 0);

		if (sums)
			fprintf(f, "%08x ", checksum(data, n));
		fwrite(data, 1, whole, f);
		size -= whole;
		data += whole;
	}
	CLAIM(!fclose(f));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct journal journal;
	struct err err = { 0 };
	unsigned nr_ops;

	if (directory < 0) {
		CLAIM(mkdtemp(path));
		directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		CLAIM(directory >= 0);
		atexit(clean);
		log_set_level(LOG_ERROR);
	}
	if (!size)
		return 0;
	write_file(data + 1, size - 1, data[0] & 1);
	if (!journal_load(&journal, directory, NAME, false, &err)) {
		check(&journal);
		journal_close(&journal);
		go_on(&nr_ops);
		CLAIM(!journal_load(&journal, directory, NAME, false, &err));
		check(&journal);
		CLAIM(journal.nr_ops == nr_ops && journal.state == JOURNAL_UNDOING);
	} else {
		CLAIM(*err.text);
	}
	journal_close(&journal);
	return 0;
}
