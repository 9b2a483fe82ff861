// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.programs;

/**
 * What is measured, and how it is said to the other side.
 *
 * @param seconds how long
 * @param reverse whether the server sends
 * @param bitsPerSecond of datagrams; 0 for as many as go
 */
record IperfTest(Sockets.Endpoint server, int seconds, boolean reverse, boolean udp, long bitsPerSecond) {
    /** What fits an Ethernet of 1500 bytes. */
    static final int DATAGRAM = 1448;

    String parameters(int tcpBlock) {
        return "{\"" + (udp ? "udp" : "tcp") + "\":true,\"omit\":0,\"time\":" + seconds
                + ",\"num\":0,\"blockcount\":0,\"parallel\":1," + (reverse ? "\"reverse\":true," : "") + "\"len\":"
                + (udp ? DATAGRAM : tcpBlock) + ",\"bandwidth\":" + bitsPerSecond
                + ",\"pacing_timer\":1000,\"client_version\":\"3.12\"}";
    }

    /** The number behind the first field of a name, 0 if there is none. */
    static long number(String json, String name) {
        int at = json.indexOf("\"" + name + "\"");
        int digit = at < 0 ? json.length() : json.indexOf(':', at) + 1;
        while (digit < json.length() && Character.isWhitespace(json.charAt(digit))) {
            digit++;
        }
        long value = 0;
        for (int i = digit; i < json.length() && Character.isDigit(json.charAt(i)); i++) {
            value = value * 10 + Character.digit(json.charAt(i), 10);
        }
        return value;
    }

    /** Big-endian, as all of this protocol is. */
    static void putInt(byte[] target, int at, int value) {
        for (int i = 0; i < Integer.BYTES; i++) {
            target[at + i] = (byte) (value >>> 8 * (Integer.BYTES - 1 - i));
        }
    }

    static int getInt(byte[] source, int at) {
        int value = 0;
        for (int i = 0; i < Integer.BYTES; i++) {
            value = value << 8 | source[at + i] & 0xFF;
        }
        return value;
    }
}
