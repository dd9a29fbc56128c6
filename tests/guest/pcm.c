// SPDX-License-Identifier: GPL-2.0-or-later
#include "pcm.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>

#include <sound/asound.h>

#include "guest.h"

#define MAX_CONTROLS 64

static void only(struct snd_pcm_hw_params *params, int which, unsigned value)
{
	struct snd_mask *mask = &params->masks[which - SNDRV_PCM_HW_PARAM_FIRST_MASK];

	memset(mask, 0, sizeof(*mask));
	mask->bits[value / 32] = 1u << value % 32;
}

static void exactly(struct snd_pcm_hw_params *params, int which, unsigned value)
{
	params->intervals[which - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL] =
		(struct snd_interval){ .min = value, .max = value, .integer = 1 };
}

static void set_params(int fd, unsigned period, unsigned buffer)
{
	struct snd_pcm_hw_params hw = { .rmask = ~0u, .info = ~0u };
	struct snd_pcm_sw_params sw = {
		.period_step = 1,
		.avail_min = period,
		.start_threshold = buffer,
		.stop_threshold = buffer,
		.boundary = buffer,
	};

	memset(hw.masks, 0xff, sizeof(hw.masks));
	for (unsigned i = 0; i < sizeof(hw.intervals) / sizeof(*hw.intervals); i++)
		hw.intervals[i].max = ~0u;
	only(&hw, SNDRV_PCM_HW_PARAM_ACCESS, SNDRV_PCM_ACCESS_RW_INTERLEAVED);
	only(&hw, SNDRV_PCM_HW_PARAM_FORMAT, SNDRV_PCM_FORMAT_S16_LE);
	only(&hw, SNDRV_PCM_HW_PARAM_SUBFORMAT, SNDRV_PCM_SUBFORMAT_STD);
	exactly(&hw, SNDRV_PCM_HW_PARAM_CHANNELS, 2);
	exactly(&hw, SNDRV_PCM_HW_PARAM_RATE, PCM_RATE);
	exactly(&hw, SNDRV_PCM_HW_PARAM_PERIOD_SIZE, period);
	exactly(&hw, SNDRV_PCM_HW_PARAM_BUFFER_SIZE, buffer);
	if (ioctl(fd, SNDRV_PCM_IOCTL_HW_PARAMS, &hw))
		fail_errno("the sound card takes no stream of 48 kHz, 16 bits, two channels");
	while (sw.boundary * 2 <= 0x7fffffffu - buffer)
		sw.boundary *= 2;
	if (ioctl(fd, SNDRV_PCM_IOCTL_SW_PARAMS, &sw) || ioctl(fd, SNDRV_PCM_IOCTL_PREPARE))
		fail_errno("the sound card's stream cannot be prepared");
}

int pcm_open(bool capture, unsigned period, unsigned buffer)
{
	int fd = open(capture ? "/dev/snd/pcmC0D0c" : "/dev/snd/pcmC0D0p", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		fail_errno("the sound card has no stream for %s", capture ? "capture" : "playback");
	set_params(fd, period, buffer);
	return fd;
}

static bool set_up(int fd, struct snd_ctl_elem_id id)
{
	struct snd_ctl_elem_info info = { .id = id };
	struct snd_ctl_elem_value value = { .id = id };

	if (ioctl(fd, SNDRV_CTL_IOCTL_ELEM_INFO, &info) ||
		!(info.access & SNDRV_CTL_ELEM_ACCESS_WRITE) || info.count > 8)
		return false;
	if (info.type != SNDRV_CTL_ELEM_TYPE_BOOLEAN && info.type != SNDRV_CTL_ELEM_TYPE_INTEGER)
		return false;
	for (unsigned i = 0; i < info.count; i++)
		value.value.integer.value[i] =
			info.type == SNDRV_CTL_ELEM_TYPE_BOOLEAN ? 1 : info.value.integer.max;
	return ioctl(fd, SNDRV_CTL_IOCTL_ELEM_WRITE, &value) >= 0;
}

unsigned pcm_mixer_up(void)
{
	struct snd_ctl_elem_id ids[MAX_CONTROLS];
	struct snd_ctl_elem_list list = { .space = MAX_CONTROLS, .pids = ids };
	int fd = open("/dev/snd/controlC0", O_RDWR | O_CLOEXEC);
	unsigned nr = 0;

	if (fd < 0 || ioctl(fd, SNDRV_CTL_IOCTL_ELEM_LIST, &list))
		fail_errno("the sound card has no mixer");
	for (unsigned i = 0; i < list.used; i++)
		nr += set_up(fd, ids[i]);
	return nr;
}
