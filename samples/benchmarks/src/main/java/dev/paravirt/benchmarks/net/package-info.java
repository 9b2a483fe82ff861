// SPDX-License-Identifier: Apache-2.0
/** The network driver and device of this project, in two processes, against those of DPDK. */
@NullMarked
package dev.paravirt.benchmarks.net;

import org.jspecify.annotations.NullMarked;
