// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.workload;

import dev.paravirt.cli.compare.carrier.Guest;

/**
 * One way to do a workload.
 *
 * @param name what to call it in a table
 * @param depth requests that are under way at once
 * @param guest whose exits and processor time it uses
 */
public record Contender(Workload workload, String name, int depth, Guest guest, Work work) {}
