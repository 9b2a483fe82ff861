// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

/** What a block workload came to; latencies from submission to completion, in nanoseconds. */
record WorkloadResult(
        long requests,
        long nanos,
        long errors,
        long p50,
        long p99,
        long p999,
        long maximum,
        long doorbells,
        long interrupts) {}
