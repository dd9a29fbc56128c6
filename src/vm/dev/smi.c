// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/dev/smi.h"

#include "base/bytes.h"

static void write_control(struct smi *smi, u8 value)
{
	smi->control = value;
	if (smi->pm->smm && (value == SMI_ACPI_ENABLE || value == SMI_ACPI_DISABLE))
		pm_set_acpi(smi->pm, value == SMI_ACPI_ENABLE);
	else if (pm_take_smi(smi->pm))
		smi->raise(smi->owner, smi->granted & SMI_BROADCAST);
}

static u64 ports_read(void *owner, u64 offset, unsigned size)
{
	const struct smi *smi = owner;
	const u8 bytes[] = { smi->control, smi->status };

	return get_le(bytes + offset, size);
}

static void ports_write(void *owner, u64 offset, unsigned size, u64 value)
{
	struct smi *smi = owner;

	/* The status first: the SMI's handler reads it. */
	if (offset + size == 2)
		smi->status = (u8)(value >> (8 * (size - 1)));
	if (offset == 0)
		write_control(smi, (u8)value);
}

static const struct bus_ops port_ops = { ports_read, ports_write };

int smi_open(struct smi *smi, struct bus *pio, struct pm *pm, pthread_mutex_t *lock,
	void (*raise)(void *owner, bool all), void *owner)
{
	int ret;

	*smi = (struct smi){ .pio = pio, .pm = pm, .lock = lock, .raise = raise, .owner = owner };
	smi->ports = (struct bus_region){
		.name = "SMI",
		.range = { SMI_PORT, 2 },
		.rank = FLAT_RANK_PLATFORM,
		.ops = &port_ops,
		.owner = smi,
		.lock = lock,
	};
	ret = bus_add(pio, &smi->ports);
	if (ret)
		smi->pio = NULL;
	return ret;
}

void smi_close(struct smi *smi)
{
	if (!smi->pio)
		return;
	bus_remove(smi->pio, &smi->ports);
	smi->pio = NULL;
}

static void on_requested(void *owner, const u8 *bytes, u32 size)
{
	struct smi *smi = owner;

	pthread_mutex_lock(smi->lock);
	smi->requested = get_le(bytes, size);
	pthread_mutex_unlock(smi->lock);
}

static void on_ok_selected(void *owner)
{
	struct smi *smi = owner;

	pthread_mutex_lock(smi->lock);
	if (!smi->ok && !(smi->requested & ~SMI_BROADCAST)) {
		smi->granted = smi->requested;
		smi->ok = true;
	}
	pthread_mutex_unlock(smi->lock);
}

static int read_ok(void *owner, u32 offset, void *to, u32 size)
{
	struct smi *smi = owner;

	pthread_mutex_lock(smi->lock);
	*(u8 *)to = smi->ok;
	pthread_mutex_unlock(smi->lock);
	return 0;
}

int smi_offer(struct smi *smi, struct fw_cfg *fw_cfg, struct err *err)
{
	const u8 nothing[8] = { 0 };
	const struct fw_cfg_content requested = {
		.bytes = nothing,
		.size = sizeof(nothing),
		.writable = true,
		.written = on_requested,
		.owner = smi,
	};
	const struct fw_cfg_content ok = {
		.size = 1,
		.read = read_ok,
		.selected = on_ok_selected,
		.owner = smi,
	};
	int ret = fw_cfg_add_file_number(fw_cfg, SMI_FILE_SUPPORTED, 8, SMI_BROADCAST, err);

	if (!ret)
		ret = fw_cfg_add_file(fw_cfg, SMI_FILE_REQUESTED, &requested, err);
	if (!ret)
		ret = fw_cfg_add_file(fw_cfg, SMI_FILE_OK, &ok, err);
	if (!ret)
		smi->fw_cfg = fw_cfg;
	return ret;
}

void smi_reset(struct smi *smi)
{
	const u8 nothing[8] = { 0 };

	pthread_mutex_lock(smi->lock);
	smi->control = smi->status = 0;
	smi->requested = smi->granted = 0;
	smi->ok = false;
	pthread_mutex_unlock(smi->lock);
	if (smi->fw_cfg)
		fw_cfg_put(smi->fw_cfg, SMI_FILE_REQUESTED, nothing, sizeof(nothing));
}
