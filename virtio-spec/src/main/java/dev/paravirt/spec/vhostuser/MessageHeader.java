// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.vhostuser;

/** What each message begins with ("Header"): byte offsets of three le32 fields, and the bits of flags. */
public final class MessageHeader {
    /** Type of the request, see {@link FrontEndRequest} and {@link BackEndRequest}; a reply repeats it. */
    public static final int REQUEST = 0;

    public static final int FLAGS = 4;

    /** Bytes of the payload that follows. */
    public static final int PAYLOAD_SIZE = 8;

    /** Bytes of the header: payloads are aligned to 4 bytes and no more. */
    public static final int SIZE = 12;

    /** Bits of flags that hold the version. */
    public static final int VERSION_MASK = 3;

    /** The only version. */
    public static final int VERSION = 1;

    /** Bit of flags: this is a reply. */
    public static final int REPLY = 1 << 2;

    /** Bit of flags: the sender waits for a reply, also to a request that has none of its own (REPLY_ACK). */
    public static final int NEED_REPLY = 1 << 3;

    private MessageHeader() {}
}
