// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.spec.vhostuser;

/** Requests of the front-end ("Front-end message types"). Payloads are described in {@link Payload}. */
public final class FrontEndRequest {
    /** No payload; replies u64. */
    public static final int GET_FEATURES = 1;

    /** u64. */
    public static final int SET_FEATURES = 2;

    /** No payload. */
    public static final int SET_OWNER = 3;

    /** No payload. Deprecated. */
    public static final int RESET_OWNER = 4;

    /** Memory regions, one descriptor for each. */
    public static final int SET_MEM_TABLE = 5;

    /** Log, one descriptor; replies with LOG_SHMFD. */
    public static final int SET_LOG_BASE = 6;

    /** No payload, one descriptor. */
    public static final int SET_LOG_FD = 7;

    /** Vring state. */
    public static final int SET_VRING_NUM = 8;

    /** Vring address. */
    public static final int SET_VRING_ADDR = 9;

    /** Vring state. */
    public static final int SET_VRING_BASE = 10;

    /** Vring state; replies vring state. */
    public static final int GET_VRING_BASE = 11;

    /** u64, a descriptor unless {@link Payload#VRING_NO_DESCRIPTOR} is set. */
    public static final int SET_VRING_KICK = 12;

    /** As SET_VRING_KICK. */
    public static final int SET_VRING_CALL = 13;

    /** As SET_VRING_KICK. */
    public static final int SET_VRING_ERR = 14;

    /** No payload; replies u64. */
    public static final int GET_PROTOCOL_FEATURES = 15;

    /** u64. */
    public static final int SET_PROTOCOL_FEATURES = 16;

    /** No payload; replies u64. */
    public static final int GET_QUEUE_NUM = 17;

    /** Vring state. */
    public static final int SET_VRING_ENABLE = 18;

    /** u64, the first six bytes of which are a MAC address. */
    public static final int SEND_RARP = 19;

    /** u64. */
    public static final int NET_SET_MTU = 20;

    /** No payload, one descriptor. */
    public static final int SET_BACKEND_REQ_FD = 21;

    public static final int IOTLB_MSG = 22;
    public static final int SET_VRING_ENDIAN = 23;

    /** Config; replies config. */
    public static final int GET_CONFIG = 24;

    /** Config. */
    public static final int SET_CONFIG = 25;

    public static final int CREATE_CRYPTO_SESSION = 26;
    public static final int CLOSE_CRYPTO_SESSION = 27;
    public static final int POSTCOPY_ADVISE = 28;
    public static final int POSTCOPY_LISTEN = 29;
    public static final int POSTCOPY_END = 30;

    /** Inflight; replies inflight, one descriptor. */
    public static final int GET_INFLIGHT_FD = 31;

    /** Inflight, one descriptor. */
    public static final int SET_INFLIGHT_FD = 32;

    public static final int GPU_SET_SOCKET = 33;

    /** No payload. */
    public static final int RESET_DEVICE = 34;

    /** Vring state. */
    public static final int VRING_KICK = 35;

    /** No payload; replies u64. */
    public static final int GET_MAX_MEM_SLOTS = 36;

    /** Single memory region, one descriptor. */
    public static final int ADD_MEM_REG = 37;

    /** Single memory region. */
    public static final int REM_MEM_REG = 38;

    /** u64. */
    public static final int SET_STATUS = 39;

    /** No payload; replies u64. */
    public static final int GET_STATUS = 40;

    public static final int GET_SHARED_OBJECT = 41;

    /** Device state transfer parameters, one descriptor; replies u64, and one descriptor unless that says otherwise. */
    public static final int SET_DEVICE_STATE_FD = 42;

    /** No payload; replies u64. */
    public static final int CHECK_DEVICE_STATE = 43;

    private static final String[] NAMES = {
        "GET_FEATURES",
        "SET_FEATURES",
        "SET_OWNER",
        "RESET_OWNER",
        "SET_MEM_TABLE",
        "SET_LOG_BASE",
        "SET_LOG_FD",
        "SET_VRING_NUM",
        "SET_VRING_ADDR",
        "SET_VRING_BASE",
        "GET_VRING_BASE",
        "SET_VRING_KICK",
        "SET_VRING_CALL",
        "SET_VRING_ERR",
        "GET_PROTOCOL_FEATURES",
        "SET_PROTOCOL_FEATURES",
        "GET_QUEUE_NUM",
        "SET_VRING_ENABLE",
        "SEND_RARP",
        "NET_SET_MTU",
        "SET_BACKEND_REQ_FD",
        "IOTLB_MSG",
        "SET_VRING_ENDIAN",
        "GET_CONFIG",
        "SET_CONFIG",
        "CREATE_CRYPTO_SESSION",
        "CLOSE_CRYPTO_SESSION",
        "POSTCOPY_ADVISE",
        "POSTCOPY_LISTEN",
        "POSTCOPY_END",
        "GET_INFLIGHT_FD",
        "SET_INFLIGHT_FD",
        "GPU_SET_SOCKET",
        "RESET_DEVICE",
        "VRING_KICK",
        "GET_MAX_MEM_SLOTS",
        "ADD_MEM_REG",
        "REM_MEM_REG",
        "SET_STATUS",
        "GET_STATUS",
        "GET_SHARED_OBJECT",
        "SET_DEVICE_STATE_FD",
        "CHECK_DEVICE_STATE"
    };

    private FrontEndRequest() {}

    /** The name of a request, for a message to a person; any number. */
    public static String describe(int request) {
        return request >= 1 && request <= NAMES.length
                ? NAMES[request - 1]
                : "request " + Integer.toUnsignedString(request);
    }
}
