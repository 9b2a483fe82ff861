// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.guest.driver;

import dev.paravirt.spec.blk.BlkRequest;
import dev.paravirt.spec.blk.BlkStatus;
import java.io.IOException;
import java.io.Serial;

/** A block request failed, or cannot be made. Says of which device, what, and where. */
public final class BlockIoException extends IOException {
    /** In place of a status: the request was not made, because the device cannot do it, or does nothing any more. */
    public static final int NOT_MADE = -1;

    /**
     * In place of a status: the device was reset while it had the request, which was not made again. It may have been
     * done, wholly or in part.
     */
    public static final int LOST = -2;

    /**
     * In place of a status: as {@link #LOST}, and the device has not confirmed its reset. It may still access the
     * request's buffers: they are never to be used again.
     */
    public static final int ABANDONED = -3;

    /** What the driver writes in place of a status: if it is still there, the device wrote none. */
    static final int UNWRITTEN = 0xff;

    @Serial
    private static final long serialVersionUID = 1;

    private final String device;
    private final int operation;
    private final long sector;
    private final int status;

    BlockIoException(String device, int operation, long sector, int status, String reason) {
        super(device + ": " + BlkRequest.describeType(operation) + (hasSector(operation) ? " at sector " + sector : "")
                + ": " + reason);
        this.device = device;
        this.operation = operation;
        this.sector = sector;
        this.status = status;
    }

    private static boolean hasSector(int operation) {
        return operation != BlkRequest.T_FLUSH
                && operation != BlkRequest.T_GET_ID
                && operation != BlkRequest.T_GET_LIFETIME;
    }

    /** The words for a status, or one of the numbers above. */
    static String describe(int status) {
        return switch (status) {
            case NOT_MADE -> "not made";
            case LOST -> "the device was reset meanwhile; whether it was done is not known";
            case ABANDONED -> "the device neither answers nor resets; it may still access the buffers";
            case UNWRITTEN -> "the device returned it without a status";
            default -> BlkStatus.describe(status);
        };
    }

    /** The device in words. */
    public String device() {
        return device;
    }

    /** One of the {@code T_} numbers of {@link BlkRequest}. */
    public int operation() {
        return operation;
    }

    /** Where the request began, in units of 512 bytes; 0 for operations that are of no place. */
    public long sector() {
        return sector;
    }

    /** What the device said, see {@link BlkStatus}, or one of the negative numbers above. */
    public int status() {
        return status;
    }
}
