// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.carrier;

/** Whether guests count their exits and measure latencies, or do nothing but work. */
public enum Instrumentation {
    ON,
    OFF
}
