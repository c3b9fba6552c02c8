/* SPDX-License-Identifier: MIT */
/* module_trust -- whether a file and the folders above it are safe from others. */
#ifndef CORE_MODULE_TRUST_H
#define CORE_MODULE_TRUST_H

#include "core/base/err.h"

/*
 * 0; -1: `path` (absolute, without symbolic links), or a folder above it, may be changed by
 * others; err names it. Also for configuration and policy, which decide as much as code does.
 */
int module_trust(const char *path, struct err *);

#endif
