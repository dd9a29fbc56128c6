/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The capability lists of an assigned function, which config.c builds. */
#ifndef VM_VFIO_CONFIG_CAPS_H
#define VM_VFIO_CONFIG_CAPS_H

#include "vm/vfio/config.h"

void vfio_config_build_caps(struct vfio_config *config, const struct vfio_config_view *view);
void vfio_config_build_ext_caps(struct vfio_config *config, const struct vfio_config_view *view);

/*
 * Returns the length of the Resizable BAR capability at @pos, which has @room bytes. 0 if it cannot
 * be shown, because it is cut off or its current size is not among those it lists.
 */
unsigned vfio_config_rebar_size(const struct vfio_config *config, unsigned pos, unsigned room);
/* Shows each BAR's current size as the only one, read-only. */
void vfio_config_rebar_show(struct vfio_config *config, unsigned pos, unsigned size);

#endif
