// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hda: the kernel's driver of a High Definition Audio controller found the codec, which it asks
 * through rings in memory (DMA) and interrupts.
 *   pci=ADDRESS
 * sound: plays a pattern on such a controller, and hears one without a gap.
 *   pci=ADDRESS frames=N (default 48000, of each)
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>

#include <sound/asound.h>

#include "pci.h"
#include "pcm.h"
#include "steps.h"

#define WAIT_MS 10000
#define STEP    2654435761u

/* The number of the sound card of the function @pci; -1 if there is none yet. */
static int card_of(const char *pci)
{
	char path[128];
	struct dirent *entry;
	int number = -1;
	DIR *directory;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/sound", pci);
	directory = opendir(path);
	while (directory && number < 0 && (entry = readdir(directory)))
		if (sscanf(entry->d_name, "card%d", &number) != 1)
			number = -1;
	if (directory)
		closedir(directory);
	return number;
}

static void report_codec(int card)
{
	char text[256] = "", *end;

	if (read_text(text, sizeof(text), "/proc/asound/card%d/codec#0", card) < 0)
		fail("the sound card has no codec");
	end = strchr(text, '\n');
	if (end)
		*end = 0;
	for (char *at = text; *at; at++)
		if (*at == ' ')
			*at = '_';
	report("codec", "%s", text[0] ? text + strlen("Codec:_") : "-");
}

/* The number of the sound card of @pci, as soon as there is one. */
static int await_card(const char *pci)
{
	u64 end = now_ms() + WAIT_MS;
	int card;

	if (!pci)
		fail("pci=ADDRESS is missing");
	while ((card = card_of(pci)) < 0) {
		if (now_ms() > end)
			fail("%s did not become a sound card", pci);
		sleep_ms(10);
	}
	return card;
}

void step_hda(const struct args *args)
{
	const char *pci = args_get(args, "pci", NULL);

	report_codec(await_card(pci));
	pci_report(pci);
}

/*
 * The frames that tests play and record. Each differs from the one before by the same odd number,
 * so each is another one, and what is missing or twice there shows.
 */
static u32 frame_of(u32 n)
{
	return n * STEP;
}

static void play(unsigned nr)
{
	unsigned buffer = PCM_RATE / 2, done = 0;
	/* With silence at the end: the device may go around its buffer before it stops. */
	unsigned all = nr + buffer;
	u32 *frames = calloc(all, sizeof(*frames));
	int fd = pcm_open(false, buffer / 8, buffer);

	for (unsigned i = 0; frames && i < nr; i++)
		frames[i] = frame_of(i + 1);
	while (frames && done < all) {
		struct snd_xferi part = { .buf = frames + done, .frames = all - done };

		if (ioctl(fd, SNDRV_PCM_IOCTL_WRITEI_FRAMES, &part))
			fail_errno("playing stops after %u frames", done);
		done += (unsigned)part.result;
	}
	if (ioctl(fd, SNDRV_PCM_IOCTL_DRAIN))
		fail_errno("the stream does not end");
	report("played", "%u", nr);
	close(fd);
}

static void record(unsigned nr)
{
	unsigned buffer = PCM_RATE / 2, done = 0, silent = 0, gaps = 0;
	u32 *frames = malloc(nr * sizeof(*frames));
	int fd = pcm_open(true, buffer / 8, buffer);

	while (frames && done < nr) {
		struct snd_xferi part = { .buf = frames + done, .frames = nr - done };

		if (ioctl(fd, SNDRV_PCM_IOCTL_READI_FRAMES, &part))
			fail_errno("recording stops after %u frames", done);
		done += (unsigned)part.result;
	}
	while (silent < done && !frames[silent])
		silent++;
	for (unsigned i = silent + 1; i < done; i++)
		gaps += frames[i] - frames[i - 1] != STEP;
	report("recorded", "%u", done);
	report("silent", "%u", silent);
	report("gaps", "%u", gaps);
	close(fd);
}

void step_sound(const struct args *args)
{
	unsigned nr = (unsigned)args_number(args, "frames", PCM_RATE);
	u64 begin;

	await_card(args_get(args, "pci", NULL));
	report("controls", "%u", pcm_mixer_up());
	begin = now_ms();
	play(nr);
	report("ms", "%llu", (unsigned long long)(now_ms() - begin));
	record(nr);
}
