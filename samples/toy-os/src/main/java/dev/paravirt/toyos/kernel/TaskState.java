// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.kernel;

/** What a task is doing; the ordinal crosses the system-call boundary. */
public enum TaskState {
    READY,
    RUNNING,
    BLOCKED,
    ENDED
}
