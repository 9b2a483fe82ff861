// SPDX-License-Identifier: Apache-2.0
/** Processes of ours and of others, that drivers and devices have for themselves. */
@NullMarked
package dev.paravirt.benchmarks.process;

import org.jspecify.annotations.NullMarked;
