// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.vhostuser;

/** Bit numbers of protocol features ("Protocol features"), and of the two feature bits that vhost adds to VIRTIO's. */
public final class ProtocolFeatures {
    /** Bit of GET_FEATURES, VIRTIO's to none: there are protocol features. */
    public static final int VHOST_USER_F_PROTOCOL_FEATURES = 30;

    /** Bit of GET_FEATURES, VIRTIO's to none: the back-end marks the pages that it writes to ("Migration"). */
    public static final int VHOST_F_LOG_ALL = 26;

    public static final int MQ = 0;
    public static final int LOG_SHMFD = 1;
    public static final int RARP = 2;
    public static final int REPLY_ACK = 3;
    public static final int NET_MTU = 4;
    public static final int BACKEND_REQ = 5;
    public static final int CROSS_ENDIAN = 6;
    public static final int CRYPTO_SESSION = 7;
    public static final int PAGEFAULT = 8;
    public static final int CONFIG = 9;
    public static final int BACKEND_SEND_FD = 10;
    public static final int HOST_NOTIFIER = 11;
    public static final int INFLIGHT_SHMFD = 12;
    public static final int RESET_DEVICE = 13;
    public static final int INBAND_NOTIFICATIONS = 14;
    public static final int CONFIGURE_MEM_SLOTS = 15;
    public static final int STATUS = 16;
    public static final int XEN_MMAP = 17;
    public static final int SHARED_OBJECT = 18;
    public static final int DEVICE_STATE = 19;

    /** A ring may stop with requests in flight, which are noted in inflight memory; needs {@link #INFLIGHT_SHMFD}. */
    public static final int GET_VRING_BASE_INFLIGHT = 20;

    private ProtocolFeatures() {}
}
