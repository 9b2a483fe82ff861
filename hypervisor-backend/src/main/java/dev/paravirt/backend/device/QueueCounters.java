// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.backend.device;

/**
 * What happened on one queue since its session began.
 *
 * @param notifications available buffer notifications that woke somebody or could have; several may count as one
 * @param interrupts used buffer notifications sent
 * @param requests chains taken from the queue
 */
public record QueueCounters(long notifications, long interrupts, long requests) {}
