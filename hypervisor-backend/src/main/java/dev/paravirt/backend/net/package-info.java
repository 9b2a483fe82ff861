// SPDX-License-Identifier: Apache-2.0
/** The network device (VIRTIO 1.4, "Network Device"), and what its frames go to. */
@NullMarked
package dev.paravirt.backend.net;

import org.jspecify.annotations.NullMarked;
