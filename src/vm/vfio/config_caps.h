/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The capability lists of an assigned function: the part of config.c that is tables. */
#ifndef VM_VFIO_CONFIG_CAPS_H
#define VM_VFIO_CONFIG_CAPS_H

#include "vm/vfio/config.h"

void vfio_config_build_caps(struct vfio_config *config, const struct vfio_config_view *view);
void vfio_config_build_ext_caps(struct vfio_config *config, const struct vfio_config_view *view);

/*
 * The Resizable BAR capability at @pos with @room bytes. How long it is, 0 where it cannot be
 * shown: cut off, or of a size that it does not list.
 */
unsigned vfio_config_rebar_size(const struct vfio_config *config, unsigned pos, unsigned room);
/* Shows each BAR's size as the only one, read-only. */
void vfio_config_rebar_show(struct vfio_config *config, unsigned pos, unsigned size);

#endif
