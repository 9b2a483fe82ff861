// SPDX-License-Identifier: Apache-2.0
package dev.paravirt.toyos.net;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Questions for addresses, and their answers (RFC 1035). */
final class DnsMessage {
    static final int NO_SUCH_NAME = 3;
    private static final int HEADER = 12;
    private static final int TYPE_A = 1;
    private static final int TYPE_CNAME = 5;
    private static final int CLASS_IN = 1;
    private static final int MAX_POINTERS = 16;
    private static final int MAX_NAME = 255;

    final int responseCode;
    final List<Integer> addresses = new ArrayList<>();

    private final Packet packet;
    /** Where the name that was read last ended. */
    private int after;

    private DnsMessage(Packet packet) {
        this.packet = packet;
        responseCode = packet.u8(3) & 0xF;
    }

    /** The question for a name's addresses; null if it is no name. */
    static byte @Nullable [] question(int id, String name) {
        ByteArrayOutputStream labels = new ByteArrayOutputStream();
        String bare = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
        for (String label : bare.split("\\.", -1)) {
            byte[] bytes = label.getBytes(StandardCharsets.US_ASCII);
            if (bytes.length == 0 || bytes.length > 63) {
                return null;
            }
            labels.write(bytes.length);
            labels.write(bytes, 0, bytes.length);
        }
        labels.write(0);
        if (labels.size() > MAX_NAME) {
            return null;
        }
        byte[] data = new byte[HEADER + labels.size() + 4];
        Packet packet = new Packet(data, 0, data.length);
        packet.put16(0, id);
        packet.put16(2, 0x0100);
        packet.put16(4, 1);
        packet.put(HEADER, labels.toByteArray(), 0, labels.size());
        packet.put16(data.length - 4, TYPE_A);
        packet.put16(data.length - 2, CLASS_IN);
        return data;
    }

    /** Null if it is malformed, or no answer to this question. */
    static @Nullable DnsMessage answer(byte[] data, int id, String name) {
        Packet packet = new Packet(data, 0, data.length);
        if (data.length < HEADER || packet.u16(0) != id || packet.u8(2) >>> 7 != 1 || packet.u16(4) != 1) {
            return null;
        }
        DnsMessage message = new DnsMessage(packet);
        String bare = (name.endsWith(".") ? name.substring(0, name.length() - 1) : name).toLowerCase(Locale.ROOT);
        String asked = message.name(HEADER);
        if (asked == null || !asked.equals(bare) || message.after + 4 > data.length) {
            return null;
        }
        return message.readAnswers(message.after + 4, bare) ? message : null;
    }

    private boolean readAnswers(int start, String question) {
        String wanted = question;
        int at = start;
        for (int i = packet.u16(6); i > 0; i--) {
            String owner = name(at);
            if (owner == null || after + 10 > packet.length()) {
                return false;
            }
            int type = packet.u16(after);
            int length = packet.u16(after + 8);
            at = after + 10;
            if (at + length > packet.length()) {
                return false;
            }
            if (owner.equals(wanted) && type == TYPE_A && length == 4) {
                addresses.add(packet.i32(at));
            } else if (owner.equals(wanted) && type == TYPE_CNAME) {
                int end = at + length;
                wanted = name(at);
                if (wanted == null) {
                    return false;
                }
                at = end;
                continue;
            }
            at += length;
        }
        return true;
    }

    /** Reads a name, following a bounded number of pointers; null if it is malformed. */
    private @Nullable String name(int start) {
        StringBuilder name = new StringBuilder();
        int at = start;
        int pointers = 0;
        while (at < packet.length()) {
            int length = packet.u8(at);
            if (length == 0) {
                after = pointers == 0 ? at + 1 : after;
                return name.toString().toLowerCase(Locale.ROOT);
            }
            if (length >= 0xC0) {
                if (at + 2 > packet.length() || pointers == MAX_POINTERS) {
                    return null;
                }
                after = pointers == 0 ? at + 2 : after;
                pointers++;
                at = packet.u16(at) & 0x3FFF;
                continue;
            }
            if (length > 63 || at + 1 + length > packet.length() || name.length() + length > MAX_NAME) {
                return null;
            }
            if (!name.isEmpty()) {
                name.append('.');
            }
            for (int i = 1; i <= length; i++) {
                name.append((char) packet.u8(at + i));
            }
            at += 1 + length;
        }
        return null;
    }
}
