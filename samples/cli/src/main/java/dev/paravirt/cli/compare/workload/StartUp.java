// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.workload;

import dev.paravirt.cli.compare.carrier.MachineKind;

/**
 * How a driver came up: for virtio, from the first access to DRIVER_OK.
 *
 * @param device such as "block device"
 * @param exits until the device was ready for requests, discovery included
 * @param nanos that took; once, and in code that had not run before
 */
public record StartUp(MachineKind machine, String device, long exits, long nanos) {}
