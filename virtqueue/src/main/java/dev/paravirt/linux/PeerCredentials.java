// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.linux;

/**
 * Who is at the other end of a {@link UnixSocket}, as the kernel knew it when the connection was made.
 *
 * @param process the process id, 0 if the process is in a pid namespace that is not visible here
 * @param user the user id
 * @param group the group id
 */
public record PeerCredentials(int process, int user, int group) {}
