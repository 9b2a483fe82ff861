// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.cli.compare.workload;

/** What a workload exercises. */
public enum Family {
    /** Exits that do nothing else. */
    EXIT,
    BLOCK,
    NET,
    CONSOLE
}
