// SPDX-License-Identifier: Apache-2.0
/** The messages of the vhost-user protocol as both of its roles send and receive them, over a unix socket. */
@NullMarked
package dev.paravirt.vhostuser;

import org.jspecify.annotations.NullMarked;
