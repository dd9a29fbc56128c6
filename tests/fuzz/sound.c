// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The samples between a machine and the process that plays them, either of which may write anything
 * to the memory that they share; and a file of samples. Each side gets as many frames as it asked
 * for, in time that depends on their number only.
 */
#include <sys/socket.h>

#include "base/bytes.h"
#include "base/own.h"
#include "fuzz.h"
#include "vm/sound/pace.h"
#include "vm/sound/sound.h"
#include "vm/sound/wav.h"

#define MAX_STEPS 500
#define FASTEST   0.002

struct step {
	u8 kind;
	u8 which;
	u8 nr[2];
	u8 value[8];
};

enum { PLAY, RECORD, RUN, TAKE, GIVE, POSITION, SAMPLES, CLOCK, NR_KINDS };

static struct {
	struct sound_memory memory;
	struct sound sound; /* of the machine */
	struct sound_pace pace;
	u64 taken, given; /* of the process */
	int link;         /* its end */
} b;

static void find_samples(const u8 *data, size_t size)
{
	u8 header[WAV_HEADER];
	u32 offset = 0, found = 0;
	struct err err = { 0 };

	if (wav_find(data, (u32)size, &offset, &found, &err)) {
		CLAIM(*err.text);
		return;
	}
	CLAIM(offset >= 12 + 8 && offset <= size && found % 4 == 0);
	wav_header(header, found);
	CLAIM(!wav_find(header, sizeof(header), &offset, &found, &err));
	CLAIM(offset == WAV_HEADER);
}

/* What one side writes of its own and of the other's. */
static void write_position(const struct step *s)
{
	struct sound_ring *ring = s->which & 1 ? &b.memory.play : &b.memory.record;
	u64 value = get_le64(s->value), *at = s->which & 2 ? &ring->written : &ring->taken;

	__atomic_store_n(at, s->which & 4 ? *at + value % 0x20000 : value, __ATOMIC_RELEASE);
	if (s->which & 8)
		ring->runs = s->nr[0];
}

static void pass(const struct step *s, unsigned nr)
{
	own_free u32 *frames = calloc(nr + 1, sizeof(*frames));

	CLAIM(frames);
	for (unsigned i = 0; i < nr && s->which & 1; i++)
		frames[i] = i;
	switch (s->kind % NR_KINDS) {
	case PLAY:
		sound_play(&b.sound, frames, nr);
		break;
	case RECORD:
		sound_record(&b.sound, frames, nr);
		break;
	case TAKE:
		sound_pace_play(&b.pace, &b.memory.play, &b.taken, frames, nr);
		CLAIM(b.pace.rate >= 1 - FASTEST && b.pace.rate <= 1 + FASTEST);
		break;
	case GIVE:
		sound_pace_record(&b.memory.record, &b.given, frames, nr);
		break;
	}
}

static void take_step(const struct step *s)
{
	unsigned nr = get_le16(s->nr) % 4096;
	u8 said[8];

	switch (s->kind % NR_KINDS) {
	case RUN:
		sound_run(&b.sound, s->which & 1, s->which & 2);
		if (s->which & 4)
			while (recv(b.link, said, sizeof(said), MSG_DONTWAIT) > 0)
				continue;
		break;
	case POSITION:
		write_position(s);
		break;
	case SAMPLES:
		memset(b.memory.play.frames, s->which, nr * sizeof(u32));
		break;
	case CLOCK:
		/* Both sides at one pace, which a stream is. */
		for (unsigned i = 0; i < 8; i++) {
			struct step one = *s;

			one.kind = PLAY;
			pass(&one, nr);
			one.kind = TAKE;
			pass(&one, s->value[0] & 1 ? nr : nr / 2);
		}
		break;
	default:
		pass(s, nr);
		break;
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct step step;
	int pair[2];

	find_samples(data, size);
	memset(&b, 0, sizeof(b));
	CLAIM(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
	b.sound = (struct sound){ .memory = &b.memory, .memory_fd = -1, .link = pair[0] };
	b.link = pair[1];
	sound_pace_init(&b.pace);
	for (unsigned n = 0; n < MAX_STEPS && size >= sizeof(step); n++) {
		memcpy(&step, data, sizeof(step));
		data += sizeof(step);
		size -= sizeof(step);
		take_step(&step);
	}
	close_fd(&b.sound.link);
	close_fd(&b.link);
	return 0;
}
